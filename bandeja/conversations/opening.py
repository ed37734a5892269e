"""Opening a closed conversation again from our side: by hand, or by writing in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import run, statement

REOPEN = statement("bandeja.conversations", "reopen").replace("{within}", WITHIN)


def open_again(
    ids: Sequence[int], *, scope: Scope, by: Actor, at: datetime | None, seen: datetime | None = None
) -> list[int]:
    """Open those that are closed, inside the caller's transaction; arms nothing (closing E2). The caller rings.

    `seen` is when they were closed as far as the person knows: what somebody closed again since stays closed.
    """
    with run(REOPEN, {"ids": list(ids), "at": at, "seen": seen, **by.params(), **scope.params()}) as cursor:
        (opened,) = cursor.fetchone() or ([],)
    return list(opened)
