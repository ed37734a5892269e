"""Pruning what has done its work: joined deliveries, and the published events that no thread shows."""

from __future__ import annotations

from typing import Any

from django.db import connection

from bandeja import environment

BATCH = 1_000


def step() -> int:
    """Delete one small batch of each; answers how many rows went.

    Deliveries that were parked whole stay until they are replayed or discarded.
    """
    days = environment.RECEIPT_DAYS.value()
    return _receipts(days) + _parked_in_part(days) + _events(environment.EVENT_DAYS.value())


def _receipts(days: int) -> int:
    return _delete(
        """delete from receipt where id = any(array(
               select id from receipt
               where processed_at < bandeja_now() - make_interval(days => %s) and parked_at is null
               order by processed_at limit %s for update skip locked
           ))""",
        [days, BATCH],
    )


def _parked_in_part(days: int) -> int:
    """What could be understood of them was joined; they hold what others wrote, too."""
    return _delete(
        """delete from receipt where id = any(array(
               select id from receipt
               where parked_at < bandeja_now() - make_interval(days => %s) and processed_at is not null
               order by parked_at limit %s for update skip locked
           ))""",
        [days, BATCH],
    )


def _events(days: int) -> int:
    """Only those whose messages tell it anyway: what a thread's markers are drawn from is kept (closing D3)."""
    return _delete(
        """delete from event where id = any(array(
               select id from event
               where number is not null and kind in ('message_received', 'message_sent')
                 and at < bandeja_now() - make_interval(days => %s)
               order by at limit %s for update skip locked
           ))""",
        [days, BATCH],
    )


def _delete(text: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return int(cursor.rowcount)
