"""Open time counted minute by minute: slow, and so plain that it is right. It shares no code with the product."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Span = tuple[int, int]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PATIENCE = 60 * 24 * 21
"""Minutes that are walked before giving up."""


@dataclass(frozen=True)
class Shop:
    """Hours by the clock on its wall: of each weekday, of dates that are different; closed on holidays."""

    zone: str
    days: Sequence[Sequence[Span]]
    exceptions: Mapping[date, Sequence[Span]]
    holidays: Container[date] = frozenset()

    def wall(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def hours_of(self, on: date) -> Sequence[Span]:
        if on in self.exceptions:
            return self.exceptions[on]
        return [] if on in self.holidays else self.days[on.weekday()]

    def working_day(self, at: datetime) -> date | None:
        """The date whose hours it is open in, None where it is closed: yesterday's may go on after midnight."""
        says = self.wall(at)
        minute = says.hour * 60 + says.minute
        for on, then in ((says.date() - DAY, minute + 1440), (says.date(), minute)):
            if any(since <= then < until for since, until in self.hours_of(on)):
                return on
        return None

    def minutes(self, start: datetime) -> Iterator[tuple[datetime, date]]:
        """The open minutes from `start` on, each with its working day; the first may be what is left of one."""
        at = start
        for _ in range(PATIENCE):
            if day := self.working_day(at):
                yield at, day
            at = at.replace(second=0, microsecond=0) + MINUTE

    def after_open(self, start: datetime, seconds: int) -> datetime | None:
        """When so many seconds have passed of open time."""
        left = timedelta(seconds=seconds)
        for at, _day in self.minutes(start):
            minute = at.replace(second=0, microsecond=0) + MINUTE - at
            if left <= minute:
                return at + left
            left -= minute
        return None

    def after_days(self, start: datetime, days: int) -> datetime | None:
        """So many working days on, at the same time by the clock on the wall; or when it opens next."""
        first: tuple[datetime, date] | None = None
        seen: set[date] = set()
        for at, day in self.minutes(start):
            first = first or (at, day)
            if day > first[1]:
                seen.add(day)
            if len(seen) < days:
                continue
            due = self.wall(first[0]) + (sorted(seen)[days - 1] - first[1])
            if day >= sorted(seen)[days - 1] and self.wall(at) + MINUTE > due:
                return at + max(due - self.wall(at), timedelta(0))
        return None


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
