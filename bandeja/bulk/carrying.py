"""Carrying actions out, a batch at a time: each is one transaction with the cursor, so that none is done twice."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connection, transaction

from bandeja.bulk.acting import Ways, giving, settle
from bandeja.bulk.bell import tell
from bandeja.bulk.freezing import freeze_closings, freeze_found
from bandeja.bulk.models import CLOSINGS_FOR, Batch, Bulk, Halt, Verb
from bandeja.conversations import lifecycle
from bandeja.conversations.bell import ring_all
from bandeja.conversations.models import Tag
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Permission

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=1)
"""How long batches are kept after the end, for the undoing; what came of them stays with the action. Those of
closings are kept until these can be taken back no more."""

NEXT = statement("bandeja.bulk", "next")
PROGRESS = [
    "cursor", "done", "newer", "already", "changed", "ownerless", "unavailable", "failed", "halted", "stepped_at",
    "rung_at", "ended_at",
]  # fmt: skip


def step(ways: Ways) -> int:
    """Freeze one action or do a batch of it: what the worker's loop repeats. Answers 1, or 0 if none is under way."""
    claimed = None
    try:
        with transaction.atomic():
            claimed = _claim()
            if claimed is None:
                return 0
            advance(claimed, ways)
    except Exception as error:
        if claimed is None or is_outage(error):
            raise
        log.exception("bulk action %s failed", claimed.pk)
        _give_up(claimed)
    return 1


def advance(bulk: Bulk, ways: Ways) -> None:
    """The next piece of an action whose row is locked, inside the caller's transaction.

    What the person may do is asked again each time (closing D1).
    """
    agent = Agent.objects.filter(pk=bulk.agent_id, is_active=True).first()
    changed: list[int] = []
    if halt := _halt(bulk, agent):
        bulk.halted = halt
    elif agent and not bulk.frozen_at:
        _freeze(bulk, agent, ways)
    elif agent and not bulk.ended_at:
        changed = _do_batch(bulk, agent, ways)
    now = bulk.stepped_at = database_now()
    if bulk.halted or (bulk.frozen_at and not bulk.left_over):
        bulk.ended_at = bulk.ended_at or now
    tell(bulk, changed, now)
    bulk.save(update_fields=PROGRESS)


def prune(limit: int = 1_000) -> int:
    """Forget the batches of actions that can be undone no more; answers how many."""
    end = database_now() - KEPT_FOR
    over = Batch.objects.exclude(bulk__verb=Verb.CLOSE, bulk__ended_at__gte=end - CLOSINGS_FOR)
    old = over.filter(bulk__ended_at__lt=end).values("pk")[:limit]
    return Batch.objects.filter(pk__in=old).delete()[0]


def _claim() -> Bulk | None:
    with run(NEXT, {}) as cursor:
        found = cursor.fetchone()
    return Bulk.objects.select_related("undoes").get(pk=found[0]) if found else None


def _give_up(bulk: Bulk) -> None:
    """What fails would fail again, and hold up everybody else's: it ends, and its person is told."""
    now = database_now()
    Bulk.objects.filter(pk=bulk.pk, ended_at=None).update(halted=Halt.FAILED, ended_at=now, stepped_at=now)
    ring_all(bulk.workspace_id)


def _freeze(bulk: Bulk, agent: Agent, ways: Ways) -> None:
    if bulk.undoes_closings:
        freeze_closings(bulk, ways.closings(bulk))
    else:
        freeze_found(bulk, ways.match(agent, bulk.query or ""))


def _halt(bulk: Bulk, agent: Agent | None) -> str:
    if agent is None:
        return Halt.LEFT
    others = bulk.undoes is not None and bulk.undoes.agent_id != agent.pk
    if others and not (agent.may(Permission.MANAGE_CLOSING) and agent.may(Permission.SEE_ALL)):
        return Halt.NOT_ALLOWED
    if not may(agent, rule_id=bulk.rule_id, flow_id=bulk.flow_id):
        return Halt.NOT_ALLOWED
    try:
        lifecycle.require(giving(bulk), Scope(bulk.workspace_id))
    except lifecycle.UnknownOwner:
        return Halt.NO_OWNER
    if bulk.tags and not Tag.objects.filter(pk__in=bulk.tags).exists():
        return Halt.NO_TAG
    return ""


def may(agent: Agent, *, rule_id: int | None = None, flow_id: int | None = None) -> bool:
    """Whether they may take back what a rule or a flow closed: who manages those. A bulk action's, anybody."""
    if rule_id is not None:
        return agent.may(Permission.MANAGE_CLOSING)
    return flow_id is None or agent.may(Permission.MANAGE_FLOWS)


def _do_batch(bulk: Bulk, agent: Agent, ways: Ways) -> list[int]:
    batch = Batch.objects.get(bulk=bulk, position=bulk.cursor)
    outcome = settle(bulk, batch, batch.ids, agent, ways)
    bulk.cursor += 1
    for name, count in outcome.counts().items():
        setattr(bulk, name, getattr(bulk, name) + count)
    batch.before, batch.mark = outcome.before, _last_event()
    batch.save(update_fields=["before", "mark"])
    return outcome.changed_ids


def _last_event() -> int:
    """The id given to an event last, by anybody: whoever changes what is locked here leaves one with a larger id."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(pg_sequence_last_value(pg_get_serial_sequence('event', 'id')), 0)")
        last: int = cursor.fetchone()[0]
    return last
