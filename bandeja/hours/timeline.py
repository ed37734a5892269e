"""When a time is over that counts only while a calendar is open: closing B2 to B4 over the stretches of a version.

`over.sql` of closing says the same over rows, and is tested against this. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bandeja.hours.week import Open

MICRO = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400
START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What is open by a version of a calendar, up to `ends_at`: nothing is known of what comes then."""

    version: int
    ends_at: datetime
    stretches: Sequence[Open] = field(repr=False)
    by_day: Sequence[Open] = field(repr=False, default=())

    @classmethod
    def of(cls, version: int, ends_at: datetime, stretches: Sequence[Open]) -> Timeline:
        by_day = sorted(stretches, key=lambda each: (each.day, each.opens))
        return cls(version, ends_at, stretches, by_day)

    def over(self, start: datetime, seconds: int, *, whole_days: bool) -> datetime:
        """When so much open time, or so many working days, have passed since `start`.

        Not before the end of what is known, nor before it would be by the clock, where that does not tell.
        """
        found = self._days_on(start, seconds // DAY) if whole_days else self._open_for(start, seconds)
        return found or max(start + timedelta(seconds=seconds), self.ends_at)

    def opens(self, at: datetime) -> datetime | None:
        """The instant itself if it is open, or the next one that is."""
        first = self._first(at)
        return max(at, _instant(first.opens)) if first else None

    def _first(self, start: datetime) -> Open | None:
        """The stretch that an instant lies in, or else the next one."""
        place = bisect_right(self.stretches, _micros(start), key=lambda each: each.closes * SECOND)
        return self.stretches[place] if place < len(self.stretches) else None

    def _open_for(self, start: datetime, seconds: int) -> datetime | None:
        first = self._first(start)
        if first is None:
            return None
        # In microseconds, as the database counts.
        stood = max(_micros(start), first.opens * SECOND)
        total = first.before * SECOND + stood - first.opens * SECOND + seconds * SECOND
        lands = self.stretches[bisect_left(self.stretches, total, key=lambda each: each.before * SECOND) - 1]
        over = lands.opens * SECOND + total - lands.before * SECOND
        return START + over * MICRO if over <= lands.closes * SECOND else None

    def _days_on(self, start: datetime, days: int) -> datetime | None:
        first = self._first(start)
        if first is None:
            return None
        day = first.day + days
        place = bisect_left(self.by_day, day, key=lambda each: each.day)
        if place == len(self.by_day) or self.by_day[place].day != day:
            return None
        stood = max(_micros(start), first.opens * SECOND) + first.shift * SECOND
        wall = stood + (self.by_day[place].date - first.date).days * DAY * SECOND
        for lands in (self.by_day[at] for at in range(place, len(self.by_day))):
            if (lands.closes + lands.shift) * SECOND > wall:
                return START + max(lands.opens * SECOND, wall - lands.shift * SECOND) * MICRO
        return None


def _micros(at: datetime) -> int:
    return (at - START) // MICRO


def _instant(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)
