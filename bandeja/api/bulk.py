"""Closing many at once: a job, which tells how far it is, may be stopped, and may be undone for seven days."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer
from pydantic import Field

from bandeja.api.access import ApiRequest, Token
from bandeja.api.conversations import WRITES_ALONE, Wanted
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import BodyFlag, BodyId, Instant, Reason, Sent
from bandeja.bulk import asking
from bandeja.bulk.asking import Chosen
from bandeja.bulk.models import Bulk, Verb
from bandeja.channels.reading import clean, is_visible
from bandeja.conversations import lifecycle
from bandeja.inbox.forms import MOST_CHOSEN
from bandeja.inbox.ways import WAYS

router = Router(tags=["bulk closings"])

READS = Token(Scope.READ_CONVERSATIONS)


class Matching(Wanted):
    """All that match, as the list of conversations finds them."""

    unread: BodyFlag = False
    days: Literal[1, 3, 7, 30, 90] | None = None  # type: ignore[assignment]  # numbers here, texts there
    account: BodyId | None = None
    tag: BodyId | None = None
    soon: BodyFlag = False
    waiting: BodyFlag = False


class BulkIn(Sent):
    """Which conversations, `ids` or all that are `matching`, and why. Whoever wrote after `confirmed_at`, the instant
    of asking unless it is said, is not closed on. What closes may be given to an owner or a team.
    """

    ids: list[BodyId] | None = Field(None, min_length=1, max_length=MOST_CHOSEN)
    matching: Matching | None = None
    reason: Reason
    confirmed_at: Instant | None = None
    owner_id: BodyId | None = None
    team_id: BodyId | None = None


class BulkOut(Schema):
    """A job and how far it is. `state` is `finding`, `closing`, `ended` or `halted`; `halted` says why.

    Each of the `total` ends in one of the counts: `done`; `newer`, whose contact has just written; `already` closed;
    `changed`, that matched no longer; `unavailable`, out of reach by then; `failed`.
    """

    id: int
    state: str
    halted: str
    reason: str
    total: int
    done: int
    newer: int
    already: int
    changed: int
    unavailable: int
    failed: int
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, bulk: Bulk) -> BulkOut:
        same = set(cls.model_fields) - {"state"}
        return cls(state=_state(bulk), **{name: getattr(bulk, name) for name in same})


@router.post("", response={202: BulkOut}, auth=WRITES_ALONE)
def begin(request: ApiRequest, response: HttpResponse, body: BulkIn) -> Answer[BulkOut]:
    """Begin to close. Up to a few hundred are done when this answers; of more, ask the job at `Location`."""
    if (body.ids is None) == (body.matching is None):
        raise unfit([("ids", _("Say either ids or matching."))])
    if body.matching is not None and body.matching.status is None and not body.matching.filters().on - {"state"}:
        raise unfit([("matching", _("Say which: at least status."))])
    if not is_visible(clean(body.reason)):
        raise unfit([("reason", _("A closing needs a reason."))])
    to = None if body.owner_id is None and body.team_id is None else lifecycle.To(body.owner_id, body.team_id)
    if to:
        _require_here(request, to)
    bulk = asking.begin(
        request.auth.person, Verb.CLOSE, _chosen(body), ways=WAYS, reason=clean(body.reason).strip(), to=to
    )  # fmt: skip
    response["Location"] = f"{request.path}/{bulk.pk}"
    bulk.refresh_from_db()
    return Answer(202, BulkOut.of(bulk))


@router.get("/{int:bulk_id}", response=BulkOut, auth=READS)
def bulk(request: ApiRequest, bulk_id: int) -> BulkOut:
    """How far it is."""
    return BulkOut.of(_mine(request, bulk_id))


@router.delete("/{int:bulk_id}", response=BulkOut, auth=WRITES_ALONE)
def cancel(request: ApiRequest, bulk_id: int) -> BulkOut:
    """Stop it where it is; what was closed stays closed. Nothing happens to one that is over."""
    asking.cancel(_mine(request, bulk_id))
    return BulkOut.of(_mine(request, bulk_id))


@router.post("/{int:bulk_id}/undoing", response={202: BulkOut}, auth=WRITES_ALONE)
def undo(request: ApiRequest, response: HttpResponse, bulk_id: int) -> Answer[BulkOut]:
    """Open again what it closed and nobody has touched since: another job. 409 after seven days, or a second time."""
    undoing = asking.undo(_mine(request, bulk_id), ways=WAYS)
    if undoing is None:
        raise Problem(409, _("It is too late to undo that."))
    response["Location"] = f"{request.path.rsplit('/', 2)[0]}/{undoing.pk}"
    undoing.refresh_from_db()
    return Answer(202, BulkOut.of(undoing))


def _chosen(body: BulkIn) -> Chosen:
    if body.matching is None:
        return Chosen(sorted(set(body.ids or ())), seen_at=body.confirmed_at)
    if body.matching.is_contradictory or 0 in {body.matching.account, body.matching.tag}:
        return Chosen((), seen_at=body.confirmed_at)
    return Chosen(query=body.matching.filters().query, seen_at=body.confirmed_at)


def _require_here(request: ApiRequest, to: lifecycle.To) -> None:
    try:
        lifecycle.require(to, request.auth.scope)
    except lifecycle.UnknownOwner:
        field = "team_id" if to.owner_id is None else "owner_id"
        raise unfit([(field, _("There is no such person or team here."))]) from None


def _mine(request: ApiRequest, bulk_id: int) -> Bulk:
    """One of this person's own closings, or its undoing."""
    return get_object_or_404(Bulk, pk=bulk_id, agent=request.auth.person, verb__in=[Verb.CLOSE, Verb.UNDO])


def _state(bulk: Bulk) -> str:
    if bulk.halted:
        return "halted"
    if bulk.ended_at:
        return "ended"
    return "closing" if bulk.frozen_at else "finding"
