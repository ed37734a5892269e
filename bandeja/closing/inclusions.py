"""Carrying inclusions out, and taking them back, a batch at a time (closing I2 to I4).

Each batch is one transaction with its cursor: a worker killed half-way has done whole batches, and the next goes on
after them. What the person may do and what the rule covers is asked again each time.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from bandeja.channels import gate
from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.closing.including import end
from bandeja.closing.models import UNDER_WAY, UNDO_FOR, Coverage, Halt, Inclusion, InclusionBatch, Rule, Stage
from bandeja.conversations import lifecycle
from bandeja.conversations.bell import ring, ring_all
from bandeja.conversations.models import Conversation
from bandeja.conversations.sql import as_json, is_outage, run, statement
from bandeja.people.clock import database_now
from bandeja.people.models import Permission

log = logging.getLogger(__name__)

BATCH = 500
"""The most conversations a transaction locks: what an inbound message may have to wait for."""
PACE = timedelta(seconds=1)
"""How often pages hear of one under way: every ring has each of them ask for its list."""

FIND = statement("bandeja.closing", "find_includable").replace("{includable}", lifecycle.INCLUDABLE)
NEXT = statement("bandeja.closing", "next_inclusion")


def step() -> int:
    """Find what one inclusion concerns, or do a batch of it: what the worker's loop repeats. Answers 1, or 0 if none
    is under way.
    """
    claimed = None
    try:
        with transaction.atomic():
            claimed = _claim()
            if claimed is None:
                return 0
            _advance(claimed)
    except Exception as error:
        if claimed is None or is_outage(error):
            raise
        log.exception("inclusion %s failed", claimed.pk)
        _give_up(claimed.pk)
    return 1


def prune(limit: int = 1_000) -> int:
    """Forget which conversations were included once that can be taken back no more; who did and when is kept."""
    over = Inclusion.objects.filter(ended_at__lt=database_now() - UNDO_FOR).exclude(stage__in=UNDER_WAY)
    old = InclusionBatch.objects.filter(inclusion__in=over).exclude(ids=[]).values("pk")[:limit]
    return InclusionBatch.objects.filter(pk__in=old).update(ids=[])


def _claim() -> Inclusion | None:
    with run(NEXT, {}) as cursor:
        found = cursor.fetchone()
    return Inclusion.objects.get(pk=found[0]) if found else None


def _give_up(pk: int) -> None:
    """What fails would fail again, and hold up everybody else's: it ends, and its person is told."""
    with transaction.atomic():
        held = Inclusion.objects.select_for_update(of=("self",)).get(pk=pk)
        if held.is_under_way:
            end(held, Halt.FAILED)
            held.save()
            ring_all(held.workspace_id)


def _advance(each: Inclusion) -> None:
    """The next piece of one whose row is locked, inside the caller's transaction."""
    changed: list[int] = []
    halt = _halt(each)
    if not halt and each.stage == Stage.FINDING:
        _find(each)
    elif not halt:
        changed = _include(each) if each.stage == Stage.INCLUDING else _exclude(each)
    now = each.stepped_at = database_now()
    is_done = each.decided >= each.included if each.stage == Stage.UNDOING else each.settled >= each.total
    if halt or is_done:
        end(each, halt, now)
    _tell(each, changed, now)
    each.save()


def _halt(each: Inclusion) -> str:
    """Why it may not go on. What is covered no more is left out one by one: the rule itself is asked for here."""
    asker = each.undone_by if each.stage == Stage.UNDOING else each.agent
    if asker is None or not asker.may(Permission.MANAGE_CLOSING):
        return Halt.LEFT
    if each.stage == Stage.UNDOING:
        return ""
    if not coverage.is_entitled(each.workspace):
        return Halt.NO_PLAN
    rule = Rule.objects.filter(pk=each.rule_id, workspace_id=each.workspace_id).first()
    if rule is None:
        return Halt.DELETED
    return "" if rule.active else Halt.OFF


def _find(each: Inclusion) -> None:
    places = [{"account_id": pk, "begins": cover.begins} for pk, cover in _covers(each).items()]
    said = {
        "workspace": each.workspace_id, "inclusion": each.pk, "asked_at": each.created_at, "most": BATCH,
        "covers": as_json(places),
    }  # fmt: skip
    with run(FIND, said) as cursor:
        (each.total,) = cursor.fetchone() or (0,)
    each.stage = Stage.INCLUDING


def _covers(each: Inclusion) -> dict[int, Cover]:
    """What the rule covers without a gap since it was asked for, by account; held behind their gates."""
    listed = Coverage.objects.filter(workspace_id=each.workspace_id, rule_id=each.rule_id)
    accounts = list(listed.values_list("account_id", flat=True))
    gate.enter(accounts)
    covers = coverage.clock(accounts)
    return {
        pk: cover
        for pk, cover in covers.items()
        if cover.rule_id == each.rule_id and cover.begins <= each.created_at
    }  # fmt: skip


def _include(each: Inclusion) -> list[int]:
    batch = InclusionBatch.objects.get(inclusion=each, position=each.cursor)
    done = lifecycle.include(batch.ids, covers=_covers(each))
    each.cursor += 1
    each.included += len(done.ids)
    each.uncovered += done.uncovered
    each.passed += len(batch.ids) - len(done.ids) - done.uncovered
    batch.ids, batch.at, batch.mark = done.ids, done.at, done.mark
    batch.save(update_fields=["ids", "at", "mark"])
    return done.ids


def _exclude(each: Inclusion) -> list[int]:
    """Take back the next batch in which something was included. What covers the accounts by now is heeded."""
    batch = each.batches.filter(position__gte=each.cursor, at__isnull=False).exclude(ids=[]).order_by("position")[0]
    assert batch.at is not None  # noqa: S101  it was asked for
    accounts = sorted(set(Conversation.objects.filter(pk__in=batch.ids).values_list("account_id", flat=True)))
    gate.enter(accounts)
    done = lifecycle.exclude(batch.ids, batch.at, batch.mark or 0, covers=coverage.clock(accounts))
    each.cursor = batch.position + 1
    each.excluded += len(done)
    each.kept += len(batch.ids) - len(done)
    return done


def _tell(each: Inclusion, changed: list[int], now: datetime) -> None:
    """Ring for what a batch changed: by name when there is no other, else for all, no more often than `PACE`."""
    if each.total <= BATCH and changed:
        ring([each.workspace_id], changed)
    elif not each.is_under_way or each.rung_at is None or now - each.rung_at >= PACE:
        each.rung_at = now
        ring_all(each.workspace_id)
