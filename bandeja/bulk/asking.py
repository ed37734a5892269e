"""Asking for a bulk action: what few it concerns is done at once, more is left to the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bandeja.bulk import freezing
from bandeja.bulk.acting import Ways
from bandeja.bulk.bell import call
from bandeja.bulk.carrying import advance
from bandeja.bulk.freezing import freeze, freeze_closings, freeze_undoing
from bandeja.bulk.models import CLOSINGS_FOR, Bulk, Halt, Verb
from bandeja.bulk.patience import in_time
from bandeja.conversations.lifecycle import To
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject


@dataclass(frozen=True, slots=True)
class Chosen:
    """Conversations by their ids, or all that match `query`; what the person saw was so at `seen_at`."""

    ids: Sequence[int] = ()
    query: str | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What a rule or a flow, called `name`, closed from `since` until just before `until`."""

    name: str
    since: datetime
    until: datetime
    rule_id: int | None = None
    flow_id: int | None = None


def begin(
    agent: Agent, verb: Verb, chosen: Chosen, *, ways: Ways, reason: str = "", to: To | None = None,
    tags: Sequence[int] = (),
) -> Bulk:  # fmt: skip
    """Do `verb` to what was chosen. Up to a batch is done when this returns; of more, `ended_at` is null still.

    `to` is whom conversations are given to, while they close too; `tags` what is put on or taken off.
    """
    with transaction.atomic():
        now = database_now()
        bulk = Bulk.objects.create(
            workspace_id=agent.workspace_id, agent=agent, verb=verb, query=chosen.query, reason=reason,
            confirmed_at=min(chosen.seen_at or now, now), tags=list(tags), **_given(to),
        )  # fmt: skip
        ids = chosen.ids if chosen.query is None else _few(ways.match(agent, chosen.query))
        if ids is not None:
            freeze(bulk, ids)
        _go_on(bulk, ways)
    return bulk


def undo(bulk: Bulk, *, ways: Ways, by: Agent | None = None) -> Bulk | None:
    """Take back what `bulk` did, where nobody has touched it since; None when it is too late or was done before.

    `by` is who does, whoever asked for it when None.
    """
    with transaction.atomic():
        done = Bulk.objects.select_for_update(of=("self",)).select_related("agent", "undoing").get(pk=bulk.pk)
        now = database_now()
        # Whoever waited for the lock reads the row as it was before: whether it is being undone is asked anew.
        if not done.may_be_undone(now) or Bulk.objects.filter(undoes=done).exists():
            return None
        undoing = Bulk.objects.create(
            workspace_id=done.workspace_id, agent=by or done.agent, verb=Verb.UNDO, undoes=done, confirmed_at=now
        )
        freeze_undoing(undoing, done)
        _go_on(undoing, ways)
    return undoing


def undo_closings(agent: Agent, closed: Closed, *, ways: Ways) -> Bulk:
    """Open again what a rule or a flow closed, where nobody has touched it since (closing U1)."""
    with transaction.atomic():
        undoing = undoing_of(agent, closed, database_now())
        undoing.save()
        _record(undoing, agent)
        found = ways.closings(undoing)
        if _few(found) is not None:
            freeze_closings(undoing, found)
        _go_on(undoing, ways)
    return undoing


def undoing_of(agent: Agent, closed: Closed, now: datetime) -> Bulk:
    """Its undoing, asked for now and not saved: of nothing that was closed longer ago than may be taken back."""
    return Bulk(
        workspace_id=agent.workspace_id, agent=agent, verb=Verb.UNDO, confirmed_at=now, rule_id=closed.rule_id,
        flow_id=closed.flow_id, name=closed.name, since=max(closed.since, now - CLOSINGS_FOR),
        until=min(closed.until, now),
    )  # fmt: skip


def cancel(bulk: Bulk) -> bool:
    """Stop where it is, at once; what was done stands. Answers whether it was under way."""
    under_way = Bulk.objects.filter(pk=bulk.pk, ended_at=None)
    return under_way.update(halted=Halt.CANCELLED, ended_at=database_now()) > 0


def _given(to: To | None) -> dict[str, Any]:
    if to is None:
        return {}
    return {"gives": True, "owner_id": to.owner_id, "team_id": to.team_id, "contacts_owner": to.contacts_owner}


def _record(undoing: Bulk, by: Agent) -> None:
    """Into the audit log goes who asked for what; what came of it stays with the closings and the action."""
    of_rule = undoing.rule_id is not None
    asked = {"since": undoing.since, "until": undoing.until}
    audit.record(
        Subject.RULE if of_rule else Subject.FLOW, (undoing.rule_id if of_rule else undoing.flow_id) or 0,
        Action.CLOSINGS_UNDONE, workspace_id=undoing.workspace_id, name=undoing.name, by=by,
        after={name: at.isoformat() if at else None for name, at in asked.items()},
    )  # fmt: skip


def _few(found: QuerySet[Any]) -> list[int] | None:
    """Those found, if soon and if a batch holds them; None when it is for the worker to look them up."""
    some = found.order_by().values_list("pk", flat=True)[: freezing.BATCH + 1]
    ids = in_time(lambda: list(some))
    return ids if ids is not None and len(ids) <= freezing.BATCH else None


def _go_on(bulk: Bulk, ways: Ways) -> None:
    if bulk.frozen_at and bulk.total <= freezing.BATCH:
        advance(bulk, ways)
    else:
        call(bulk)
