"""Asking the database only for so long: what takes longer is left to the worker, who has time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

PATIENCE = "80ms"
"""How long somebody who waits for a page waits for this."""
CANCELLED = "57014"
"""PostgreSQL's code of a statement whose time was over."""

Answer = TypeVar("Answer")


def in_time(ask: Callable[[], Answer], patience: str = PATIENCE) -> Answer | None:
    """What `ask` answers, or None when one of its statements takes longer than that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("select set_config('statement_timeout', %s, true)", [patience])
            answer = ask()
            cursor.execute("select set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != CANCELLED:
            raise
        return None
    return answer
