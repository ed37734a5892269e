"""Taking closings back: what a rule, a flow or a bulk closing closed opens again, as a job (closing U1 to U6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer

from bandeja.api.access import ApiRequest
from bandeja.api.bulk import READS
from bandeja.api.conversations import WRITES_ALONE
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import BodyId, Id, Instant, Sent
from bandeja.bulk import asking
from bandeja.bulk.asking import Closed
from bandeja.bulk.carrying import may
from bandeja.bulk.foreseeing import Foreseen, foresee, foresee_bulk
from bandeja.bulk.models import CLOSINGS_FOR, Bulk
from bandeja.flows.models import Flow
from bandeja.inbox.undoings import SHOWN, Source, bulks, rule_name, sources, undoings
from bandeja.inbox.ways import WAYS
from bandeja.people.clock import database_now

router = Router(tags=["undoing closings"])

SOURCES = ("rule_id", "flow_id", "bulk_closure_id")


class UndoingIn(Sent):
    """Whose closings: one of `rule_id`, `flow_id` and `bulk_closure_id`. What a rule or a flow closed from `since`,
    seven days ago unless it is said, until just before `until`, or now.
    """

    rule_id: BodyId | None = None
    flow_id: BodyId | None = None
    bulk_closure_id: BodyId | None = None
    since: Instant | None = None
    until: Instant | None = None


class ForeseenOut(Schema):
    """What would become of the `total` conversations. `opens` open again: `clocks` of them with a clock that runs on,
    `kept` kept open. The rest stay as they are: somebody has `written` in them or `touched` them since, they are
    `undone` already, or `unavailable` to you.
    """

    at: datetime
    total: int
    opens: int
    clocks: int
    kept: int
    written: int
    touched: int
    undone: int
    unavailable: int
    is_bounded: bool

    @classmethod
    def of(cls, foreseen: Foreseen) -> ForeseenOut:
        return cls(**{name: getattr(foreseen, name) for name in cls.model_fields})


class UndoingOut(Schema):
    """A job and how far it is. `state` is `finding`, `opening`, `ended` or `halted`; `halted` says why.

    Each of the `total` ends in one of the counts: `done`, open again; `written`, in which somebody wrote since;
    `touched`, that somebody opened, closed, assigned or merged since; `undone` already; `unavailable`; `failed`.
    """

    id: int
    state: str
    halted: str
    rule_id: int | None
    flow_id: int | None
    bulk_closure_id: int | None
    name: str
    since: datetime | None
    until: datetime | None
    total: int
    done: int
    written: int
    touched: int
    undone: int
    unavailable: int
    failed: int
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, undoing: Bulk) -> UndoingOut:
        counted = {"written": undoing.newer, "touched": undoing.changed, "undone": undoing.already}
        other: dict[str, Any] = {"state": _state(undoing), "bulk_closure_id": undoing.undoes_id, **counted}
        same = set(cls.model_fields) - set(other)
        return cls(**other, **{name: getattr(undoing, name) for name in same})


class SourceOut(Schema):
    """What closed so many conversations that stand closed by it, the last one `at`: `rule`, `flow` or `bulk`."""

    kind: str
    id: int
    name: str
    count: int
    at: datetime

    @classmethod
    def of(cls, source: Source) -> SourceOut:
        return cls(**{name: getattr(source, name) for name in cls.model_fields})


@router.get("", response=list[UndoingOut], auth=READS)
def latest(request: ApiRequest) -> list[UndoingOut]:
    """The ten latest that you may look at: yours, and those of what you manage."""
    return [UndoingOut.of(each) for each in undoings(request.auth.person)[:SHOWN]]


@router.get("/sources", response=list[SourceOut], auth=READS)
def closed(request: ApiRequest) -> list[SourceOut]:
    """What closed something in the last seven days that you may take back, the latest first."""
    return [SourceOut.of(each) for each in sources(request.auth.person)]


@router.post("", response={202: UndoingOut}, auth=WRITES_ALONE)
def begin(request: ApiRequest, response: HttpResponse, body: UndoingIn) -> Answer[UndoingOut]:
    """Begin to take closings back. A few hundred are done when this answers; of more, ask the job at `Location`."""
    asked = _asked(request, body.model_dump())
    if isinstance(asked, Bulk):
        undoing = asking.undo(asked, ways=WAYS, by=request.auth.person)
        if undoing is None:
            raise Problem(409, _("It is too late to undo that."))
    else:
        undoing = asking.undo_closings(request.auth.person, asked, ways=WAYS)
    response["Location"] = f"{request.path}/{undoing.pk}"
    undoing.refresh_from_db()
    return Answer(202, UndoingOut.of(undoing))


@router.get("/preview", response=ForeseenOut, auth=READS)
def preview(
    request: ApiRequest,
    rule_id: Id | None = None,
    flow_id: Id | None = None,
    bulk_closure_id: Id | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
) -> ForeseenOut:
    """What would become of them; of the latest 20,000 where `is_bounded`. 503 where that takes too long to say."""
    of = {"rule_id": rule_id, "flow_id": flow_id, "bulk_closure_id": bulk_closure_id}
    asked, person = _asked(request, {**of, "since": since, "until": until}), request.auth.person
    found = foresee_bulk(person, asked, ways=WAYS) if isinstance(asked, Bulk) else foresee(person, asked, ways=WAYS)
    if found is None:
        raise Problem(503, _("There are too many closings to say now what would become of them."))
    return ForeseenOut.of(found)


@router.get("/{int:undoing_id}", response=UndoingOut, auth=READS)
def undoing(request: ApiRequest, undoing_id: int) -> UndoingOut:
    """How far it is."""
    return UndoingOut.of(_mine(request, undoing_id))


@router.delete("/{int:undoing_id}", response=UndoingOut, auth=WRITES_ALONE)
def cancel(request: ApiRequest, undoing_id: int) -> UndoingOut:
    """Stop it where it is; what is open again stays open. Nothing happens to one that is over."""
    asking.cancel(_mine(request, undoing_id))
    return UndoingOut.of(_mine(request, undoing_id))


def _asked(request: ApiRequest, said: dict[str, Any]) -> Closed | Bulk:
    """What is to be undone. What is not there is refused beside its field; 403 where the role does not allow it."""
    of = [name for name in SOURCES if said[name] is not None]
    if len(of) != 1:
        detail = _("Say one of rule_id, flow_id and bulk_closure_id.")
        raise unfit([(name, detail) for name in of or SOURCES])
    if of == ["bulk_closure_id"]:
        bulk = bulks(request.auth.person).filter(pk=said["bulk_closure_id"]).first()
        if bulk is None:
            raise _nothing(of[0])
        return bulk
    now = database_now()
    since, until = said["since"] or now - CLOSINGS_FOR, said["until"] or now
    if until <= since:
        raise unfit([("until" if said["until"] else "since", _("since must be before until."))])
    if not may(request.auth.person, rule_id=said["rule_id"], flow_id=said["flow_id"]):
        raise Problem(403, _("The role of %(name)s does not allow it.") % {"name": request.auth.person})
    if said["flow_id"] is not None:
        flow = Flow.objects.filter(workspace=request.auth.workspace, pk=said["flow_id"]).first()
        if flow is None:
            raise _nothing(of[0])
        return Closed(flow.name, since, until, flow_id=flow.pk)
    name = rule_name(request.auth.person, said["rule_id"])
    if name is None:
        raise _nothing(of[0])
    return Closed(name, since, until, rule_id=said["rule_id"])


def _nothing(field: str) -> Problem:
    return unfit([(field, _("There is no such thing here."))])


def _mine(request: ApiRequest, undoing_id: int) -> Bulk:
    """One that this person may look at."""
    return get_object_or_404(undoings(request.auth.person), pk=undoing_id)


def _state(undoing: Bulk) -> str:
    if undoing.halted:
        return "halted"
    if undoing.ended_at:
        return "ended"
    return "opening" if undoing.frozen_at else "finding"
