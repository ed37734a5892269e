"""Telling those who wait: the worker that there is something to do, the pages how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from bandeja.bulk.models import Bulk
from bandeja.conversations.bell import ring, ring_all

BULK_BELL = "bandeja_bulk"
"""The NOTIFY channel of actions that wait for a worker; it says no more."""
PACE = timedelta(seconds=1)
"""How often pages hear of an action under way: every ring has each of them ask for its list."""


def call(bulk: Bulk) -> None:
    """Wake a worker at commit, and have pages show what waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [BULK_BELL])
    ring_all(bulk.workspace_id)


def tell(bulk: Bulk, changed: list[int], now: datetime) -> None:
    """Ring for what a batch changed: by name when there is no other, else for all, no more often than `PACE`."""
    if bulk.cursor == 1 and bulk.ended_at:
        ring([bulk.workspace_id], changed)
    elif bulk.ended_at or bulk.rung_at is None or now - bulk.rung_at >= PACE:
        bulk.rung_at = now
        ring_all(bulk.workspace_id)
