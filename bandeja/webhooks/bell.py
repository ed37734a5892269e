"""The bell of the delivery lane: rung, at commit, by whoever puts something before it."""

from __future__ import annotations

from django.db import connection

BELL = "bandeja_webhooks"


def ring() -> None:
    """Wake the lanes of all workers; within a transaction, when it commits."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [BELL])
