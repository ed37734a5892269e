"""When a conversation's clock runs out: the rule of closing R6 to R8 and C1 in plain Python.

Nothing here reads a clock or a database. The sweep's SQL says the same over rows, and is tested against this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bandeja.closing.options import NONE, Options
from bandeja.hours.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of a rule, in seconds, and the instant it stopped being in force; None while it still is.

    `answers` is whether it counted from our answers too (closing G1). With `hours` it counted only while those are
    open, with `whole_days` in working days of theirs (closing B2 to B4). `unheard` is its time for what we began and
    nobody answered, None where it closes none of that, with `unheard_days` in working days too (closing N2).
    """

    seconds: int
    until: datetime | None = None
    answers: bool = False
    hours: Timeline | None = None
    whole_days: bool = False
    unheard: int | None = None
    unheard_days: bool = False

    def over(self, start: datetime) -> datetime:
        """When it has passed since `start`."""
        if self.hours is None:
            return start + timedelta(seconds=self.seconds)
        return self.hours.over(start, self.seconds, whole_days=self.whole_days)

    @property
    def least(self) -> int:
        """The seconds that it takes at the least: clocks may be set, and a date left out, while days pass."""
        return self.seconds if self.hours is None or not self.whole_days else max(60, self.seconds - 2 * 86_400)


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
    options: Options = NONE
    paused_at: datetime | None = None
    ends: Sequence[datetime] = ()

    @property
    def seconds(self) -> int:
        """How long new clocks run, in seconds; at the least, where they count hours or days of a calendar."""
        return next(stretch.least for stretch in self.times if stretch.until is None)

    @property
    def unheard(self) -> Cover | None:
        """The same for what we began and nobody answered: since the rule closes that without a gap, by its times for
        that, whoever wrote. None where it does not (closing N1, N2).
        """
        times: list[Stretch] = []
        begins = self.begins
        for each in self.times:
            if each.unheard is not None:
                times.append(replace(each, seconds=each.unheard, whole_days=each.unheard_days, answers=False))
            elif each.until is not None:
                times, begins = [], max(begins, each.until)
            else:
                return None
        return replace(self, begins=begins, times=times)

    def of(self, unheard_at: datetime | None) -> Cover | None:
        """The cover of a clock: of what we began and nobody answered, if that is when we wrote last there."""
        return self if unheard_at is None else self.unheard

    @property
    def hours(self) -> Sequence[Timeline]:
        """Those of calendars that its times count by."""
        return [each.hours for each in self.times if each.hours is not None]

    def is_known(self, at: datetime) -> bool:
        """Whether what runs out by then is told for sure: what is open was written down that far (closing B6)."""
        return all(hours.ends_at > at for hours in self.hours)

    def arm(
        self, received_at: datetime, at: datetime, was: datetime | None = None, answered_at: datetime | None = None
    ) -> tuple[datetime, datetime] | None:
        """What a message received at `received_at` and joined at `at` arms: `(armed_at, deadline)`, or nothing.

        Nothing if it was received before cover began (closing R6). A deadline already past at joining is our own
        backlog's doing, so the clock starts at joining instead (closing C1). `was` is what the clock is armed at by
        then: where a pause put it later than the message, that counts (closing H3); `answered_at` as in `anew`.
        """
        if received_at < self.begins:
            return None
        past = self.over(received_at) <= at
        starts = [at if past else received_at, *([was] if was and was >= self.begins else [])]
        armed_at = max(self.anew(each, answered_at) for each in starts)
        return armed_at, self.over(armed_at)

    def anew(self, armed_at: datetime, answered_at: datetime | None = None) -> datetime:
        """What a clock armed then counts from: the end of a pause that kept it from closing, if one did.

        That is a pause at whose end its time, as it was by then, was over; pause after pause (closing H3). Our last
        answer, at `answered_at`, counts for the ends that came after it (closing G1).
        """
        for end in self.ends:
            answered = answered_at if answered_at and answered_at <= end else armed_at
            if armed_at < end and self._over_by(end, armed_at, max(armed_at, answered)) <= end:
                armed_at = end
        return armed_at

    def _over_by(self, end: datetime, armed_at: datetime, answered: datetime) -> datetime:
        """When a clock is over by the times in force from its arming to `end`: each begins where another ended."""
        began = [None, *(stretch.until for stretch in self.times[:-1])]
        return max(
            stretch.over(answered if stretch.answers else armed_at)
            for stretch, since in zip(self.times, began, strict=True)
            if (since is None or since <= end) and (stretch.until is None or stretch.until > armed_at)
        )

    def over(self, armed_at: datetime) -> datetime:
        """When the last of the times in force at any moment since `armed_at` has passed since."""
        return max(stretch.over(armed_at) for stretch in self.in_force_since(armed_at))

    def in_force_since(self, armed_at: datetime) -> Sequence[Stretch]:
        """The times in force at any moment since `armed_at`."""
        return [stretch for stretch in self.times if stretch.until is None or stretch.until > armed_at]


def columns(times: Sequence[Stretch]) -> dict[str, list[Any]]:
    """These times as the statements read them, a list for each column."""
    return {
        "seconds": [each.seconds for each in times],
        "ended": [each.until for each in times],
        "answers": [each.answers for each in times],
        "hours": [each.hours.version if each.hours else None for each in times],
        "whole_days": [each.whole_days for each in times],
    }


@dataclass(frozen=True, slots=True)
class Run:
    """A clock that runs: what its time counts from as things stand, and when it is over."""

    counts_from: datetime
    until: datetime

    @property
    def near(self) -> datetime:
        """When its last quarter begins."""
        return self.until - (self.until - self.counts_from) / 4


def run(armed_at: datetime | None, cover: Cover | None, answered_at: datetime | None = None) -> Run | None:
    """The clock that was armed at `armed_at`; None if there is none, or cover was interrupted since.

    It runs out at the latest instant by any time in force at any moment since it was armed, or started anew (closing
    R8, H3), each counted from what it counts from: our answer at `answered_at` counts where it is later and the rule
    says so (closing G1). None too while closing is paused: nobody knows yet when that ends (closing H2).
    """
    return None if cover and cover.paused_at else runs_on(armed_at, cover, answered_at)


def runs_on(armed_at: datetime | None, cover: Cover | None, answered_at: datetime | None = None) -> Run | None:
    """The same, were closing not paused now."""
    if armed_at is None or cover is None or armed_at < cover.begins:
        return None
    armed_at = cover.anew(armed_at, answered_at)
    answered = max(armed_at, answered_at or armed_at)
    in_force = cover.in_force_since(armed_at)
    runs = ((answered if each.answers else armed_at, each) for each in in_force)
    return max((Run(since, each.over(since)) for since, each in runs), key=lambda each: each.until)


def deadline(armed_at: datetime | None, cover: Cover | None, answered_at: datetime | None = None) -> datetime | None:
    """When the clock that was armed at `armed_at` runs out, if it runs."""
    found = run(armed_at, cover, answered_at)
    return found.until if found else None
