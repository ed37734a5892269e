"""How long contacts take to write again, and what that says of a rule's time.

A *silence* is the time between two messages of a contact in one conversation, one after the other, that count (C4).
Shorter than 5 minutes is no silence: they are still writing. After more than 30 days they come with another matter,
and one in which somebody closed the conversation says nothing of rules. Counted are those that ended in the last 90
days, in the 20,000 conversations that were written in last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja.closing.looking import looking
from bandeja.closing.models import SECONDS_PER_UNIT, Unit
from bandeja.conversations.sql import statement
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHORTEST, LONGEST = 5 * MINUTE, 30 * DAY
DAYS = 90
MOST = 20_000
ENOUGH = 100
"""Fewer silences than these say too little."""
ACCEPTABLE = 0.05
"""What a suggested time may close on too early: one return in twenty."""
EDGES = (
    SHORTEST, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY,
    14 * DAY, LONGEST,
)  # fmt: skip
"""Where one bar of the plot ends and the next begins, in seconds."""
TIMES = (
    (1, Unit.HOURS), (2, Unit.HOURS), (4, Unit.HOURS), (8, Unit.HOURS), (12, Unit.HOURS), (24, Unit.HOURS),
    (48, Unit.HOURS), (72, Unit.HOURS), (5, Unit.DAYS), (7, Unit.DAYS), (10, Unit.DAYS), (14, Unit.DAYS),
    (21, Unit.DAYS), (30, Unit.DAYS),
)  # fmt: skip
"""The round times that may be suggested, shortest first."""
A_MICROSECOND = 1e-6

SILENCES = statement("bandeja.closing", "silences")


@dataclass(frozen=True, slots=True)
class Time:
    """A time a rule may have, and the share of returns (0 to 1) that would have found the conversation closed."""

    amount: int
    unit: str
    late: float

    @property
    def seconds(self) -> int:
        return self.amount * SECONDS_PER_UNIT[Unit(self.unit)]


@dataclass(frozen=True, slots=True)
class Silences:
    """How many silences there were, and how many were longer than each of the marks, in seconds."""

    total: int
    longer: Mapping[int, int]

    @property
    def enough(self) -> bool:
        """Whether there are enough to say something by."""
        return self.total >= ENOUGH

    def late(self, seconds: int) -> float:
        """The share of returns that came after this time; it must have been asked for."""
        return self.longer[seconds] / self.total if self.total else 0.0

    def time(self, amount: int, unit: str) -> Time:
        """A time that was asked for or may be suggested, with its share."""
        return Time(amount, unit, self.late(amount * SECONDS_PER_UNIT[Unit(unit)]))

    @property
    def suggested(self) -> Time:
        """The shortest round time that closes on at most one return in twenty."""
        return next(time for time in (self.time(*each) for each in TIMES) if time.late <= ACCEPTABLE)

    def between(self, shorter: int, longer: int) -> int:
        """How many were longer than the one and not than the other, both asked for."""
        return self.longer[shorter] - self.longer[longer]


def look_at_silences(
    workspace: Workspace, account_ids: Sequence[int], seconds: int, *, at: datetime | None = None
) -> Silences:
    """The silences of contacts on these accounts, which are of the workspace, and where this time lies in them.

    Raises TooMuch, Busy.
    """
    until = at or database_now()
    marks = sorted({*EDGES, *(amount * SECONDS_PER_UNIT[unit] for amount, unit in TIMES), seconds})
    params = {
        "workspace": workspace.pk, "accounts": list(account_ids), "since": until - timedelta(days=DAYS), "most": MOST,
        "shortest": SHORTEST, "longest": LONGEST,
        # Whoever writes at the very instant is in time.
        "marks": [mark + A_MICROSECOND / 2 for mark in marks],
    }  # fmt: skip
    with looking(workspace.pk) as cursor:
        cursor.execute(SILENCES, params)
        counts = dict(cursor.fetchall())
    return Silences(sum(counts.values()), _longer(marks, counts))


def _longer(marks: Sequence[int], counts: Mapping[int, int]) -> dict[int, int]:
    """How many are longer than each mark; `counts` has how many lie after the first n marks and before the next."""
    return {
        mark: sum(count for passed, count in counts.items() if passed > place) for place, mark in enumerate(marks)
    }
