"""The pass an agent's page shows to open a stream: it names the session, and is not the session."""

from dataclasses import dataclass
from hashlib import blake2b
from time import time

from django.core import signing
from django.http import HttpRequest

from bandeja.people.models import Agent

SALT = "bandeja.realtime"
TWELVE_HOURS = 12 * 60 * 60


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may listen to which workspace, until when (seconds since 1970); `session` is a digest of its key."""

    workspace_id: int
    agent_id: int
    until: float
    session: str


def of(request: HttpRequest, agent: Agent) -> str:
    """A token for the pages of this session."""
    return mint(agent.workspace_id, agent.pk, request.session.session_key or "")


def mint(workspace_id: int, agent_id: int, session_key: str = "", *, seconds: float = TWELVE_HOURS) -> str:
    """A token that lets this agent's pages listen to this workspace for so many seconds.

    It ends sooner with the session of this key; without one it lasts while the agent is active.
    """
    return signing.dumps([workspace_id, agent_id, time() + seconds, digest(session_key)], salt=SALT)


def digest(session_key: str) -> str:
    """What stands for a session in an address, where its key must never be; empty for an empty key."""
    return blake2b(session_key.encode(), digest_size=16).hexdigest() if session_key else ""


def read(token: str) -> Pass | None:
    """What a token allows; None when it was not minted here or its time has passed."""
    try:
        passed = Pass(*signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError):  # TypeError: minted by a version that said less
        return None
    return passed if passed.until > time() else None
