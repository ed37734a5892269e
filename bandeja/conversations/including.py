"""Including conversations whose contact has not written since cover began, and taking that back (closing I1, I4).

What is included counts as if the contact had written at that instant: its clock starts with the whole time, so
nothing closes by it at once. Nothing is written into its thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bandeja.conversations.keeping import Cover, as_covers
from bandeja.conversations.sql import run, statement

INCLUDABLE = """status = 'open' and kept_at is null and withheld_at is null and last_inbound_at is not null
      and (agent_opened_at is null or agent_opened_at <= last_inbound_at)"""
"""What may be included if no clock runs, over the columns of `conversation`."""

INCLUDE = statement("bandeja.conversations", "include").replace("{includable}", INCLUDABLE)
EXCLUDE = statement("bandeja.conversations", "exclude")
LAST_MESSAGE = "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('message', 'id')), 0)"


@dataclass(frozen=True, slots=True)
class Included:
    """When these were included, which, how many were not for nothing covers them, and the last message there was."""

    at: datetime
    ids: list[int]
    uncovered: int
    mark: int


def include(ids: Sequence[int], *, covers: Mapping[int, Cover], at: datetime | None = None) -> Included:
    """Start the clocks of those that may be included, inside the caller's transaction. The caller rings.

    `covers` is what covers each account that has cover, read behind the gates of all of them.
    """
    with run(INCLUDE, {"ids": list(ids), "covers": as_covers(covers), "at": at}) as cursor:
        [(included_at, included, uncovered)] = cursor.fetchall()
    # After the locks: whoever writes in one of these from here on has a message with a larger id.
    with run(LAST_MESSAGE, {}) as cursor:
        [(mark,)] = cursor.fetchall()
    return Included(included_at, list(included), uncovered, mark)


def exclude(ids: Sequence[int], included_at: datetime, mark: int, *, covers: Mapping[int, Cover]) -> list[int]:
    """Take back what `include` did at that instant, inside the caller's transaction; answers where it did.

    Left alone are those whose contact has written since, and those that closed or were included again. The caller
    is behind the gates of the accounts, and rings.
    """
    said = {"ids": list(ids), "included_at": included_at, "mark": mark, "covers": as_covers(covers)}
    with run(EXCLUDE, said) as cursor:
        (excluded,) = cursor.fetchone() or ([],)
    return list(excluded)
