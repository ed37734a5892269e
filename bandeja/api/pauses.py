"""Pausing closing: what keeps rules from closing now, and the switch for emergencies."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer

from bandeja.api.access import ApiRequest, Token
from bandeja.api.models import Scope
from bandeja.api.problems import unfit
from bandeja.api.types import BodyFlag, Reason, Sent
from bandeja.closing import pauses as verbs
from bandeja.closing.models import Pause
from bandeja.people.models import Permission

router = Router(tags=["closing rules"])

READS = Token(Scope.READ_RULES, Permission.MANAGE_CLOSING)
WRITES = Token(Scope.WRITE_RULES, Permission.MANAGE_CLOSING)


class PauseOut(Schema):
    """A pause that lasts: of all accounts, by whom and why; or of one that a fault disconnects."""

    account_id: int | None
    since: datetime
    why: str
    agent_id: int | None
    agent: str

    @classmethod
    def of(cls, pause: Pause) -> PauseOut:
        return cls(
            account_id=pause.account_id, since=pause.since, why=pause.why, agent_id=pause.agent_id,
            agent=pause.agent_name,
        )  # fmt: skip


class PauseIn(Sent):
    """Why closing is paused: whoever comes next must know when to resume."""

    why: Reason


class Faults(Sent):
    """Whether closing is paused on an account while a fault disconnects it (closing H4)."""

    pause: BodyFlag


@router.get("/pauses", response=list[PauseOut], auth=READS)
def pauses(request: ApiRequest) -> list[PauseOut]:
    """Those that last: while there is one, no rule closes anything on its account, or on any."""
    return [PauseOut.of(each) for each in verbs.in_force(request.auth.workspace.pk)]


@router.put("/pause", response=PauseOut, auth=WRITES)
def pause(request: ApiRequest, body: PauseIn) -> PauseOut:
    """Pause closing on all accounts; one that lasts already stays as it is. Nothing closes from this instant."""
    try:
        lasting, _made = verbs.pause(request.auth.workspace, by=request.auth.person, why=body.why)
    except verbs.NoReason:
        raise unfit([("why", _("Say why: whoever comes next must know when to resume."))]) from None
    return PauseOut.of(lasting)


@router.delete("/pause", response={204: None}, auth=WRITES)
def resume(request: ApiRequest) -> Answer[None]:
    """End the pause of all accounts. Nothing closes at this instant: what ran out meanwhile starts anew."""
    verbs.resume(request.auth.workspace, by=request.auth.person)
    return Answer(204, None)


@router.get("/pauses/faults", response=Faults, auth=READS)
def faults(request: ApiRequest) -> Faults:
    """Whether a fault of an account pauses closing on it."""
    return Faults(pause=request.auth.workspace.heeds_faults)


@router.put("/pauses/faults", response=Faults, auth=WRITES)
def heed(request: ApiRequest, body: Faults) -> Faults:
    """Say whether it does."""
    verbs.heed(request.auth.workspace, faults=body.pause, by=request.auth.person)
    return body
