"""Taking back what a bulk action did to conversations, where nobody has touched them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import as_json, run, statement

REVERT = statement("bandeja.conversations", "revert").replace("{within}", WITHIN)


@dataclass(frozen=True, slots=True)
class Left:
    """How the action left conversations: closed, with this unread counter, given to others; or none of it."""

    closed: bool
    unread: int | None
    gave: bool


@dataclass(frozen=True, slots=True)
class Reverted:
    """What became of each: brought back, touched since and left alone, or out of reach as it was before."""

    changed: list[int]
    touched: list[int]
    unavailable: list[int]


def revert(
    was: Sequence[Mapping[str, Any]], *, left: Left, mark: int, scope: Scope, by: Actor, at: datetime | None = None
) -> Reverted:
    """Bring conversations back to what they were. The caller has locked them, and rings.

    Reached is what lies in `scope` once it is as before: whoever gave conversations away may take them back.

    `was` is an object each: id, owner, team, unread, last_inbound_id, and how it was kept open if it was: kept_at,
    kept_until, kept_by_id, kept_reason, instants as ISO 8601. Left alone is what has an event after `mark`,
    has another state than the action left it in, was written in since its counter was set, or had an owner or a team
    that is no longer here. What opens has no clock, as when an agent opens it (closing E2).
    """
    params = {
        "was": as_json([dict(each) for each in was]), "closed": left.closed, "unread": left.unread,
        "gave": left.gave, "mark": mark, "at": at,
        **by.params(), **scope.params(),
    }  # fmt: skip
    with run(REVERT, params) as cursor:
        changed, within = cursor.fetchone() or ([], [])
    asked = {each["id"] for each in was}
    return Reverted(list(changed), sorted(set(within) - set(changed)), sorted(asked - set(within)))
