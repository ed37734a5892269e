"""The pass an agent's page shows to open a stream, so that the stream needs no session and no query."""

from dataclasses import dataclass
from time import time

from django.core import signing

SALT = "bandeja.realtime"
TWELVE_HOURS = 12 * 60 * 60


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may listen to which workspace, until when (seconds since 1970)."""

    workspace_id: int
    agent_id: int
    until: float


def mint(workspace_id: int, agent_id: int, *, seconds: float = TWELVE_HOURS) -> str:
    """A token that lets this agent's pages listen to this workspace for so many seconds."""
    return signing.dumps([workspace_id, agent_id, time() + seconds], salt=SALT)


def read(token: str) -> Pass | None:
    """What a token allows; None when it was not minted here or its time has passed."""
    try:
        passed = Pass(*signing.loads(token, salt=SALT))
    except signing.BadSignature:
        return None
    return passed if passed.until > time() else None
