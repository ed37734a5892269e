"""How many closings there were: by cause, reason, rule, account and owner, by day and by hour of the day.

They are of everything in the workspace. A closing by a rule is nobody's: each line says how many of it are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bandeja.conversations.sql import statement
from bandeja.people.models import Workspace
from bandeja.reports.asked import Asked

CLOSINGS = statement("bandeja.reports", "closings")
HOURS = statement("bandeja.reports", "hours")


class Side(StrEnum):
    """What closings are alike in."""

    CAUSE = "cause"
    REASON = "reason"
    RULE = "rule"
    ACCOUNT = "account"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Line:
    """The closings that are alike: of one `id` where they are alike in a row, else of one `value`.

    A rule's value is its name at its latest closing. Both are blank for closings without an owner. The ids of these
    closings lie between `first` and `last`.
    """

    id: int | None
    value: str
    closings: int
    by_rule: int
    first: int
    last: int

    @property
    def by_others(self) -> int:
        """Those by people, their bulk actions, flows and programs."""
        return self.closings - self.by_rule


@dataclass(frozen=True, slots=True)
class Lines:
    """Those of one side, the most closings first; `count` is how many there are, of which so many were read."""

    shown: Sequence[Line] = ()
    count: int = 0

    @property
    def left_out(self) -> int:
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class Tally:
    """The closings of a day, or of an hour of the day."""

    closings: int = 0
    by_rule: int = 0

    @property
    def by_others(self) -> int:
        return self.closings - self.by_rule


@dataclass(frozen=True, slots=True)
class Spread:
    """The closings of each day and of each hour of the day (0 to 23), by the workspace's clocks; no entry is none."""

    days: Mapping[date, Tally]
    hours: Mapping[int, Tally]


def count_closings(cursor: Any, workspace: Workspace, asked: Asked, *, most: int) -> dict[Side, Lines]:
    """The lines of every side, at the most `most` of each."""
    cursor.execute(asked.fill(CLOSINGS), {"workspace": workspace.pk, "most": most, **asked.params()})
    found: dict[Side, list[Line]] = {side: [] for side in Side}
    counts = dict.fromkeys(Side, 0)
    for side, key, value, closings, by_rule, first, last, lines in cursor:
        found[Side(side)].append(Line(key, value, closings, by_rule, first, last))
        counts[Side(side)] = lines
    return {side: Lines(found[side], counts[side]) for side in Side}


def spread(cursor: Any, workspace: Workspace, asked: Asked) -> Spread:
    """When they were."""
    cursor.execute(asked.fill(HOURS), {"workspace": workspace.pk, "zone": workspace.time_zone, **asked.params()})
    days: dict[date, Tally] = {}
    hours: dict[int, Tally] = {}
    for day, hour, closings, by_rule in cursor:
        if day is None:
            hours[hour] = Tally(closings, by_rule)
        else:
            days[day] = Tally(closings, by_rule)
    return Spread(days, hours)
