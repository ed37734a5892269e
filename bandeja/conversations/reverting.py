"""Taking back closings, and what a bulk action did to conversations, where nobody has touched them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import as_json, run, statement

SINCE = statement("bandeja.conversations", "since").replace("{within}", WITHIN)
REVERT = statement("bandeja.conversations", "revert").replace("{since}", SINCE)
CLOSINGS = statement("bandeja.conversations", "closings")
JUDGE = statement("bandeja.conversations", "judge").replace("{since}", SINCE)


class Fate(StrEnum):
    """What became of a conversation since."""

    LEFT = "left"
    WRITTEN = "written"
    TOUCHED = "touched"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Left:
    """How the action left conversations: closed, with this unread counter, given to others; or none of it."""

    closed: bool
    unread: int | None = None
    gave: bool = False


@dataclass(frozen=True, slots=True)
class Reverted:
    """What became of each: brought back; written in, touched or undone since and left alone; or out of reach."""

    changed: list[int]
    touched: list[int]
    unavailable: list[int]
    written: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of a conversation: `armed_at` and `kept` are of when it was closed. Out of reach, no fate."""

    account_id: int | None
    fate: Fate | None
    armed_at: datetime | None
    kept: bool
    answered_at: datetime | None
    unheard_at: datetime | None


def revert(
    was: Sequence[Mapping[str, Any]], *, left: Left, mark: int, scope: Scope, by: Actor, at: datetime | None = None
) -> Reverted:
    """Bring conversations back to what they were. The caller has locked them, and rings.

    Reached is what lies in `scope` once it is as before: whoever gave conversations away may take them back.

    `was` is an object each: id, owner, team, unread, last_inbound_id, and how it was kept open or its closing
    withheld if it was: kept_at, kept_until, kept_by_id, kept_reason, snoozed_at, or withheld_at, withheld_for,
    instants as ISO 8601; for closings also closure, armed_at and look_at, the instant its clock would run out now,
    null where it has none. Left alone is what has an event after its `mark`, or after the one they share, has another
    state than the action left it in, was written in since it was closed or its counter was set, or had an owner or a
    team that is no longer here. A clock runs on if it runs out later than now; what opens otherwise has none, as when
    an agent opens it (closing E2, U3).
    """
    params = {
        "was": as_json([dict(each) for each in was]), **_left(left), "mark": mark, "at": at,
        **by.params(), **scope.params(),
    }  # fmt: skip
    with run(REVERT, params) as cursor:
        changed, judged = cursor.fetchone() or ([], None)
    fates = {int(pk): Fate(fate) for pk, fate in (judged or {}).items()}

    def those(fate: Fate) -> list[int]:
        return sorted(pk for pk, each in fates.items() if each == fate)

    asked = {each["id"] for each in was}
    return Reverted(
        list(changed), those(Fate.TOUCHED), sorted(asked - set(fates)), those(Fate.WRITTEN), those(Fate.UNDONE)
    )


def judge(was: str, params: Mapping[str, Any], *, left: Left, scope: Scope, mark: int = 0) -> list[Judged]:
    """What would become of each if it were taken back now by who has `scope`: nothing is locked, nothing written.

    `was` is an expression of that name with all that may come before it, as `since.sql` reads it: text from the named
    SQL files, never from outside.
    """
    with run(JUDGE.replace("{was}", was), {**params, **_left(left), "mark": mark, **scope.params()}) as cursor:
        return [Judged(account, Fate(fate) if fate else None, *found) for account, fate, *found in cursor.fetchall()]


def as_was(closings: QuerySet[Closure], most: int | None = None) -> tuple[str, dict[str, Any]]:
    """These closings, the latest `most`, as the expression `was`, and its parameters. Raises EmptyResultSet."""
    found = closings.order_by("-closed_at", "-pk")[:most] if most else closings.order_by()
    text, given = found.values_list("pk").query.sql_with_params()
    named = {f"closings_{number}": value for number, value in enumerate(given)}
    return CLOSINGS.replace("{closings}", text % tuple(f"%({name})s" for name in named)), named


def judge_closings(closings: QuerySet[Closure], *, scope: Scope, most: int) -> list[Judged]:
    """What would become of conversations if these closings, the latest `most`, were taken back by who has `scope`."""
    try:
        was, params = as_was(closings, most)
    except EmptyResultSet:
        return []
    return judge(was, params, left=Left(closed=True), scope=scope)


def _left(left: Left) -> dict[str, Any]:
    return {"closed": left.closed, "unread": left.unread, "gave": left.gave}
