"""Looking back at what was written without holding anybody up: read-only, one at a time, and only for so long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

LOOKING = 8307
"""The lock space of those who look back; the key within it is the workspace's id."""
PATIENCE = "8s"
"""How long one statement may take: whoever waits for a page waits for it."""
CANCELLED = "57014"
"""PostgreSQL's code of a statement whose time was over."""
KEYS = 2**31
"""A key is an integer of four bytes."""


class TooMuch(Exception):
    """There is more to look through than fits into the time there is."""


class Busy(Exception):
    """Somebody of the workspace is looking back at this moment: two at once would only be slower."""


@contextmanager
def looking(workspace_id: int) -> Iterator[Any]:
    """A cursor that can write nothing. Raises TooMuch and Busy."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s, %s)", [LOOKING, workspace_id % KEYS])
            if cursor.fetchone() != (True,):
                raise Busy("Somebody of this workspace is looking back already.")
            cursor.execute("select current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("select set_config('statement_timeout', %s, true)", [PATIENCE])
            cursor.execute("set transaction read only")
            yield cursor
            cursor.execute("select set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != CANCELLED:
            raise
        raise TooMuch("There is more to look through than fits into the time there is.") from error
