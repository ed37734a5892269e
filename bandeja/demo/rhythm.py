"""When a shop's contacts write and when its team answers: by the hour, the weekday and the time of year."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

YEAR = timedelta(days=365)
OPENS, CLOSES = time(9), time(18)
SUNDAY = 6
ON_DUTY = timedelta(hours=36)
"""So long before now somebody answers at any hour: who loads this on a Sunday is to see a team at work."""
AWAY = timedelta(minutes=45)
"""So long before now nobody does, and there is something to read."""
BY_WEEKDAY = (1.0, 0.95, 0.9, 0.9, 1.0, 0.75, 0.3)
BY_HOUR = (2, 1, 0, 0, 0, 1, 4, 12, 26, 48, 62, 58, 44, 34, 40, 52, 56, 50, 40, 32, 26, 20, 12, 6)


class Rhythm:
    """A shop's hours in its time zone, up to the instant `now`."""

    def __init__(self, now: datetime, zone: ZoneInfo, rng: Random) -> None:
        self.now, self._zone, self._rng = now, zone, rng

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def sometime(self) -> datetime:
        """An instant of the past year when somebody would write; the shop has been growing, so lately more often."""
        while True:
            day = self.local(self.now - YEAR * self._rng.random() ** 1.6).date()
            (hour,) = self._rng.choices(range(24), BY_HOUR)
            clock = time(hour, self._rng.randrange(60), self._rng.randrange(60), tzinfo=self._zone)
            at = datetime.combine(day, clock).astimezone(UTC)
            if self.now - YEAR < at < self.now and self._rng.random() < BY_WEEKDAY[day.weekday()]:
                return at

    def lately(self, hours: float) -> datetime:
        """An instant of the last `hours`, at night only if that is the last hour: an inbox is never quite still."""
        while True:
            share: float = self._rng.random() ** 1.5
            at = self.now - timedelta(hours=hours) * share
            if self.now - at < timedelta(hours=1) or BY_HOUR[self.local(at).hour] > 10:
                return at

    def contact_answers(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._rng.lognormvariate(4.8, 1.1))

    def team_answers(self, at: datetime) -> datetime:
        """Minutes later while the shop is open, else after it opens."""
        if self.now - AWAY < at:
            return self.now
        return self.open_from(at) + timedelta(seconds=20 + self._rng.lognormvariate(5.2, 0.9))

    def goes_on(self, at: datetime) -> datetime:
        """The same person sends one more message."""
        return at + timedelta(seconds=self._rng.uniform(8, 50))

    def open_from(self, at: datetime) -> datetime:
        """`at` while the shop is open, else the instant it opens next."""
        local = self.local(at)
        if self.now - ON_DUTY < at < self.now:
            return at
        if local.weekday() != SUNDAY and OPENS <= local.time() < CLOSES:
            return at
        if local.time() >= OPENS:
            local += timedelta(days=1)
        if local.weekday() == SUNDAY:
            local += timedelta(days=1)
        return datetime.combine(local.date(), OPENS, self._zone).astimezone(UTC)
