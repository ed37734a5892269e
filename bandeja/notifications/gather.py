"""Reading what happened, and telling whom it concerns: the step that the worker's loop repeats."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from bandeja.conversations.sql import run, statement
from bandeja.realtime.word import MOST_TOLD, say

BATCH = 1_000
FRESH = timedelta(days=1)
"""What is older concerns nobody any more: after an outage, or when a past is written for the demo."""
FIRST = timedelta(seconds=4)
"""Until a device is told: whoever has it on their screen has read it by then."""
AGAIN = timedelta(minutes=1)
"""The least between two pushes about one conversation."""

GATHER = statement("bandeja.notifications", "gather")
WAITS = """
    select not exists (select from notification_reader)
           or exists (select from event where number > (select number from notification_reader where id = 1))
"""
# Whoever begins to read begins at the end: nobody is told of what was there before.
BEGIN = """
    insert into notification_reader (id, number)
    select 1, coalesce(max(number), 0) from event having not exists (select from notification_reader)
    on conflict do nothing
"""


def step() -> int:
    """Read a batch of published events; answers how many. Safe in any number of processes."""
    if not _any_waits():
        return 0
    params = {"limit": BATCH, "fresh": FRESH, "first": FIRST, "again": AGAIN}
    with transaction.atomic():
        with run(BEGIN, {}), run(GATHER, params) as cursor:
            count, told = cursor.fetchone() or (0, [])
        for start in range(0, len(told), MOST_TOLD):
            say(told[start : start + MOST_TOLD], "notified", {})
    return int(count)


def _any_waits() -> bool:
    """One look without a transaction: what an idle reader costs."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return bool(cursor.fetchone()[0])
