"""Taking back what a bulk action did to conversations, where nobody has touched them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import as_json, run, statement

REVERT = statement("bandeja.conversations", "revert")


@dataclass(frozen=True, slots=True)
class Left:
    """How the action left conversations: closed, with this unread counter, given to this owner; or none of it."""

    closed: bool
    unread: int | None
    gave: bool
    owner_id: int | None


def revert(
    was: Sequence[Mapping[str, Any]], *, left: Left, mark: int, scope: Scope, by: Actor, at: datetime | None = None
) -> list[int]:
    """Bring conversations back to what they were; answers those it changed. The caller has locked them, and rings.

    `was` is an object each: id, owner, unread, last_inbound_id. Left alone is what has an event after `mark`, has
    another state than the action left it in, was written in since its counter was set, or had an owner who is no
    longer active. What opens has no clock, as when an agent opens it (closing E2).
    """
    params = {
        "was": as_json([dict(each) for each in was]), "closed": left.closed, "unread": left.unread,
        "gave": left.gave, "owner": left.owner_id, "mark": mark, "at": at, "workspace": scope.workspace_id,
        **by.params(),
    }  # fmt: skip
    with run(REVERT, params) as cursor:
        (reverted,) = cursor.fetchone() or ([],)
    return list(reverted)
