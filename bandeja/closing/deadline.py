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

    `begins` is the latest of the account's joining the rule, its connection and the workspace's plan; `times` are in
    the order they were in force. `paused_at` is since when closing is paused there, None if it is not; `ends` are
    when earlier pauses ended, in order (closing H1 to H4).
    """

    rule_id: int
    rule_name: str
    amount: int
    unit: str
    reason: str
    begins: datetime
    times: Sequence[Stretch]
    paused_at: datetime | None = None
    ends: Sequence[datetime] = ()

    @property
    def seconds(self) -> int:
        """The time new clocks run, in seconds."""
        return next(stretch.seconds for stretch in self.times if stretch.until is None)

    def arm(
        self, received_at: datetime, at: datetime, was: datetime | None = None
    ) -> tuple[datetime, datetime] | None:
        """What a message received at `received_at` and joined at `at` arms: `(armed_at, deadline)`, or nothing.

        Nothing if it was received before cover began (closing R6). A deadline already past at joining is our own
        backlog's doing, so the clock starts at joining instead (closing C1). `was` is what the clock is armed at by
        then: where a pause put it later than the message, that counts (closing H3).
        """
        if received_at < self.begins:
            return None
        past = received_at + self.longest_since(received_at) <= at
        starts = [at if past else received_at, *([was] if was and was >= self.begins else [])]
        armed_at = max(self.anew(each) for each in starts)
        return armed_at, armed_at + self.longest_since(armed_at)

    def anew(self, armed_at: datetime) -> datetime:
        """What a clock armed then counts from: the end of a pause that kept it from closing, if one did.

        That is a pause at whose end its time, as it was by then, was over; pause after pause (closing H3).
        """
        for end in self.ends:
            if armed_at < end and armed_at + self._longest_between(armed_at, end) <= end:
                armed_at = end
        return armed_at

    def longest_since(self, armed_at: datetime) -> timedelta:
        """The longest time in force at any moment since `armed_at`."""
        in_force = (s.seconds for s in self.times if s.until is None or s.until > armed_at)
        return timedelta(seconds=max(in_force))

    def _longest_between(self, armed_at: datetime, end: datetime) -> timedelta:
        """The longest time in force at any moment between the two: each begins where the one before ended."""
        began = [None, *(stretch.until for stretch in self.times[:-1])]
        return timedelta(
            seconds=max(
                stretch.seconds
                for stretch, since in zip(self.times, began, strict=True)
                if (since is None or since <= end) and (stretch.until is None or stretch.until > armed_at)
            )
        )


def deadline(armed_at: datetime | None, cover: Cover | None) -> datetime | None:
    """The instant a clock armed at `armed_at` runs out; None if there is none, or cover was interrupted since.

    It is the longest time in force at any moment since it was armed (closing R8), or started anew (closing H3). None
    too while closing is paused: nobody knows yet when that ends (closing H2).
    """
    if armed_at is None or cover is None or armed_at < cover.begins or cover.paused_at:
        return None
    counts_from = cover.anew(armed_at)
    return counts_from + cover.longest_since(counts_from)
