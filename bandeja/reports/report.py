"""The report of a workspace's closings: what was counted, read together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bandeja.closing.looking import looking
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from bandeja.reports.asked import Asked
from bandeja.reports.counting import Lines, Side, Spread, Tally, count_closings, spread
from bandeja.reports.outcomes import Outcomes, look_at_outcomes

SHOWN = 12
"""The most lines of a side on the page."""
COUNTING = 8309
"""The lock space of those who count; the key within it is the workspace's id."""
TURN = "2s"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was asked about, as it was at `now`."""

    asked: Asked
    now: datetime
    total: Tally
    sides: Mapping[Side, Lines]
    spread: Spread
    outcomes: Outcomes


def report(workspace: Workspace, asked: Asked, *, now: datetime | None = None, most: int = SHOWN) -> Report:
    """The figures of a time, with at the most so many lines of each side. Raises TooMuch, Busy."""
    now = now or database_now()
    with counting(workspace) as cursor:
        sides = count_closings(cursor, workspace, asked, most=most)
        total = total_of(sides)
        return Report(
            asked, now, total, sides, spread(cursor, workspace, asked),
            look_at_outcomes(cursor, workspace, asked, among=sides[Side.CAUSE].shown, now=now),
        )  # fmt: skip


def sides_of(workspace: Workspace, asked: Asked, *, most: int) -> dict[Side, Lines]:
    """The lines of every side alone. Raises TooMuch, Busy."""
    with counting(workspace) as cursor:
        return count_closings(cursor, workspace, asked, most=most)


def spread_of(workspace: Workspace, asked: Asked) -> Spread:
    """When they were, alone. Raises TooMuch, Busy."""
    with counting(workspace) as cursor:
        return spread(cursor, workspace, asked)


def outcomes_of(workspace: Workspace, asked: Asked) -> Outcomes:
    """What became of them, alone. Raises TooMuch, Busy."""
    now = database_now()
    with counting(workspace) as cursor:
        causes = count_closings(cursor, workspace, asked, most=1)[Side.CAUSE].shown
        return look_at_outcomes(cursor, workspace, asked, among=causes, now=now)


def counting(workspace: Workspace) -> AbstractContextManager[Any]:
    """A cursor to count with, one of a workspace at a time: whoever comes meanwhile waits for two seconds."""
    return looking(workspace.pk, space=COUNTING, turn=TURN)


def total_of(sides: Mapping[Side, Lines]) -> Tally:
    """Each closing has one cause of five, so that these are all of them, however few lines were asked for."""
    causes = sides[Side.CAUSE].shown
    return Tally(sum(line.closings for line in causes), sum(line.by_rule for line in causes))
