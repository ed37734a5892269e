"""Publishing events: numbering them in the order they were committed, so that readers never miss one."""

from __future__ import annotations

from django.db import connection, transaction

from bandeja.conversations.sql import run, statement

PUBLISHING = 8303
"""The advisory lock under which numbers are given out, one publisher at a time."""
BATCH = 1_000

UNPUBLISHED = statement("bandeja.conversations", "unpublished")


def publish(limit: int = BATCH) -> int:
    """Number the oldest unpublished events; answers how many. Safe in any number of processes.

    An event committed later gets a larger number: numbers are given under one lock, held until they are visible.
    """
    if not _any_waits():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [PUBLISHING])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            """with head as (
                   select id from event where number is null order by id limit %s
               ),
               numbered as materialized (
                   select id, nextval('event_number') as number from head
               )
               update event set number = numbered.number from numbered where event.id = numbered.id""",
            [limit],
        )
        published: int = cursor.rowcount
    return published


def _any_waits() -> bool:
    """One look without a transaction: what an idle publisher costs."""
    with run(UNPUBLISHED, {}) as cursor:
        return cursor.fetchone() is not None
