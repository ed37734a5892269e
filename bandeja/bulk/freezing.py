"""Writing down what an action concerns, before it touches any of it: what matched is frozen (closing D1)."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from bandeja.bulk.models import Batch, Bulk
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.reverting import as_was
from bandeja.conversations.sql import run, statement
from bandeja.people.clock import database_now

BATCH = 500
"""The most conversations a transaction locks: what an inbound message may have to wait for."""

FREEZE = statement("bandeja.bulk", "freeze")
FREEZE_UNDOING = statement("bandeja.bulk", "freeze_undoing")
FREEZE_CLOSINGS = statement("bandeja.bulk", "freeze_closings")


def freeze(bulk: Bulk, ids: Sequence[int]) -> None:
    """Take these ids, in order and each once."""
    kept = sorted(set(ids))
    parts = [kept[start : start + BATCH] for start in range(0, len(kept), BATCH)]
    Batch.objects.bulk_create(Batch(bulk=bulk, position=position, ids=part) for position, part in enumerate(parts))
    _froze(bulk, len(kept))


def freeze_found(bulk: Bulk, found: QuerySet[Conversation]) -> None:
    """Take all that were found and were there when the person confirmed, by one statement however many they are."""
    there = found.filter(created_at__lte=bulk.confirmed_at).order_by().values_list("pk")
    try:
        matched, params = there.query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that nothing can match
        return _froze(bulk, 0)
    with connection.cursor() as cursor:
        cursor.execute(FREEZE.replace("{matched}", matched), [*params, bulk.pk, BATCH])
        return _froze(bulk, cursor.fetchone()[0])


def freeze_undoing(undoing: Bulk, done: Bulk) -> None:
    """Take what `done` changed, batch by batch, with what it was before."""
    with connection.cursor() as cursor:
        cursor.execute(FREEZE_UNDOING, {"undoing": undoing.pk, "done": done.pk})
    _froze(undoing, done.done)


def freeze_closings(undoing: Bulk, closings: QuerySet[Closure]) -> None:
    """Take the conversations that these closings closed, with what they were before."""
    try:
        was, params = as_was(closings)
    except EmptyResultSet:
        return _froze(undoing, 0)
    named = {**params, "undoing": undoing.pk, "most": BATCH}
    with run(FREEZE_CLOSINGS.replace("{was}", was), named) as cursor:
        (total,) = cursor.fetchone() or (0,)
        return _froze(undoing, total)


def _froze(bulk: Bulk, total: int) -> None:
    bulk.total = total
    bulk.frozen_at = database_now()
    if not total:
        bulk.ended_at = bulk.frozen_at
    bulk.save(update_fields=["total", "frozen_at", "ended_at"])
