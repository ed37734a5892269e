"""Looking back at what was written without holding anybody up: read-only, one at a time, and only for so long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

LOOKING = 8307
"""The lock space of those who look back at messages; the key within it is the workspace's id."""
PATIENCE = "8s"
"""How long one statement may take: whoever waits for a page waits for it."""
CANCELLED, OCCUPIED = "57014", "55P03"
"""PostgreSQL's codes of a statement whose time was over, and of a lock that was not free in time."""
AT_ONCE = "1ms"
"""How long whoever does not wait for their turn waits: nothing at all would be for ever."""
KEYS = 2**31
"""A key is an integer of four bytes."""


class TooMuch(Exception):
    """There is more to look through than fits into the time there is."""


class Busy(Exception):
    """Somebody of the workspace is looking back at this moment: two at once would only be slower."""


@contextmanager
def looking(workspace_id: int, *, space: int = LOOKING, turn: str = AT_ONCE) -> Iterator[Any]:
    """A cursor that can write nothing; one at a time in a lock space, who wait so long for their turn.

    Raises TooMuch, and Busy where the turn did not come.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            limits = [_limit(cursor, "statement_timeout", PATIENCE), _limit(cursor, "lock_timeout", turn)]
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [space, workspace_id % KEYS])
            cursor.execute("set transaction read only")
            yield cursor
            for name, before in limits:
                _limit(cursor, name, before)
    except OperationalError as error:
        state = getattr(error.__cause__, "sqlstate", "")
        if state == CANCELLED:
            raise TooMuch("There is more to look through than fits into the time there is.") from error
        if state == OCCUPIED:
            raise Busy("Somebody of this workspace is looking back already.") from error
        raise


def _limit(cursor: Any, name: str, value: str) -> tuple[str, str]:
    """Sets one of PostgreSQL's limits until the transaction ends; answers it as it was."""
    cursor.execute("select current_setting(%s), set_config(%s, %s, true)", [name, name, value])
    before, _now = cursor.fetchone()
    return name, before
