"""The database's clock, for whoever must stamp an instant before writing it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from bandeja.people.models import Agent


def now_for(agent: Agent) -> datetime:
    """The instant to show a page by: its request's, told with who is signed in. Nothing is written by it."""
    now: datetime | None = getattr(agent, "now", None)
    return now or database_now()


def database_now() -> datetime:
    """The instant by `bandeja_now()`, read now; call it after taking the locks it must not precede."""
    with connection.cursor() as cursor:
        cursor.execute("select bandeja_now()")
        instant: datetime = cursor.fetchone()[0]
    return instant
