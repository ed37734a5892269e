"""When a conversation's clock runs out: the rule of closing R6 to R8 and C1 in plain Python.

Nothing here reads a clock or a database. The sweep's SQL says the same over rows, and is tested against this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of a rule, in seconds, and the instant it stopped being in force; None while it still is."""

    seconds: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The rule that covers an account now, and since when without a gap.

    `begins` is the latest of the account's joining the rule, its connection and the workspace's plan.
    """

    rule_id: int
    rule_name: str
    amount: int
    unit: str
    reason: str
    begins: datetime
    times: Sequence[Stretch]

    @property
    def seconds(self) -> int:
        """The time new clocks run, in seconds."""
        return next(stretch.seconds for stretch in self.times if stretch.until is None)

    def arm(self, received_at: datetime, at: datetime) -> tuple[datetime, datetime] | None:
        """What a message received at `received_at` and joined at `at` arms: `(armed_at, deadline)`, or nothing.

        Nothing if it was received before cover began (closing R6). A deadline already past at joining is our own
        backlog's doing, so the clock starts at joining instead (closing C1).
        """
        if received_at < self.begins:
            return None
        due = received_at + self.longest_since(received_at)
        if due > at:
            return received_at, due
        return at, at + self.longest_since(at)

    def longest_since(self, armed_at: datetime) -> timedelta:
        """The longest time in force at any moment since `armed_at`."""
        in_force = (s.seconds for s in self.times if s.until is None or s.until > armed_at)
        return timedelta(seconds=max(in_force))


def deadline(armed_at: datetime | None, cover: Cover | None) -> datetime | None:
    """The instant a clock armed at `armed_at` runs out; None if there is none, or cover was interrupted since.

    It is the longest time in force at any moment since it was armed (closing R8).
    """
    if armed_at is None or cover is None or armed_at < cover.begins:
        return None
    return armed_at + cover.longest_since(armed_at)
