"""The database's clock, for whoever must stamp an instant before writing it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The instant by `bandeja_now()`, read now; call it after taking the locks it must not precede."""
    with connection.cursor() as cursor:
        cursor.execute("select bandeja_now()")
        instant: datetime = cursor.fetchone()[0]
    return instant
