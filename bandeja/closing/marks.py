"""Until when what was received has been read: nothing that a message still waiting could concern is decided on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandeja.conversations.sql import run, statement

MARKS = statement("bandeja.closing", "marks")


def marks(account_ids: Sequence[int]) -> dict[int, datetime]:
    """The low-water marks of those accounts that have one: what runs out at it or later waits (closing C8)."""
    with run(MARKS, {"accounts": list(account_ids)}) as cursor:
        return dict(cursor.fetchall())
