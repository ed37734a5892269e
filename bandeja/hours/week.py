"""When a calendar is open, in plain Python: weekly hours, holidays and exceptions by the clock on the wall.

An instant is open if that clock says so then. Where it is put back, what it says twice is open twice; where it is put
forward, what it never says is never open (closing B2).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60
"""Minutes."""
Span = tuple[int, int]
"""From and to, in minutes after midnight; what ends after midnight ends at more than `DAY`."""
NOBODY: Container[date] = frozenset()
LOOK = timedelta(hours=6)
"""No zone sets its clocks twice within so little."""
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of each weekday, Monday first, and of the dates that are different: none where they are closed.

    On a date that is both a holiday and an exception the exception counts.
    """

    zone: ZoneInfo
    days: Sequence[Sequence[Span]]
    exceptions: Mapping[date, Sequence[Span]] = field(default_factory=dict)

    def spans(self, on: date, holidays: Container[date]) -> Sequence[Span]:
        """The hours that begin on that date."""
        if on in self.exceptions:
            return self.exceptions[on]
        return () if on in holidays else self.days[on.weekday()]


@dataclass(frozen=True, slots=True)
class Open:
    """A stretch, in seconds since 1970: `before` seconds were open before it. The others are `OpenHours`'."""

    opens: int
    closes: int
    before: int
    day: int
    date: date
    shift: int


def open_stretches(
    week: Week, holidays: Container[date], first: date, end: date, *, before: int = 0, day: int = 0
) -> list[Open]:
    """What is open of the days from `first` to the one before `end`, in order.

    `before` and `day` are what the first one goes on from. What the day before `first` leaves open after midnight is
    not among them, nor open once more.
    """
    if first >= end:
        return []
    shifts = list(_shifts(week.zone, first - timedelta(days=2), end + timedelta(days=3)))
    found: list[tuple[int, int, date, int]] = []
    over = _midnight(first) + max((to for _, to in week.spans(first - timedelta(days=1), holidays)), default=0) * 60
    over -= DAY * 60
    on = first
    while on < end:
        for since, until in week.spans(on, holidays):
            begins, ends = max(_midnight(on) + since * 60, over), _midnight(on) + until * 60
            found += ((opens, closes, on, shift) for opens, closes, shift in _by_the_wall(begins, ends, shifts))
            over = max(over, ends)
        on += timedelta(days=1)
    days = {each: day + number for number, each in enumerate(sorted({on for _, _, on, _ in found}))}
    opened = []
    for opens, closes, on, shift in sorted(found):
        opened.append(Open(opens, closes, before, days[on], on, shift))
        before += closes - opens
    return opened


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a date."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _midnight(on: date) -> int:
    """What the clock on the wall says at its beginning, as seconds since 1970 by that clock."""
    return (on.toordinal() - EPOCH) * DAY * 60


def _shifts(zone: ZoneInfo, first: date, end: date) -> Iterator[tuple[int, int, int]]:
    """From when, until when, and by how many seconds the clock is ahead of UTC: each until it is set."""
    at, last = datetime(first.year, first.month, first.day, tzinfo=UTC), _midnight(end)
    since, shift = _midnight(first), _shift(at, zone)
    while at.timestamp() < last:
        later = at + LOOK
        if (then := _shift(later, zone)) != shift:
            set_at = _set_at(int(at.timestamp()), int(later.timestamp()), zone)
            yield since, set_at, shift
            since, shift = set_at, then
        at = later
    yield since, last, shift


def _set_at(low: int, high: int, zone: ZoneInfo) -> int:
    """The second in between at which the clock is set."""
    was = _shift(datetime.fromtimestamp(low, UTC), zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _shift(datetime.fromtimestamp(middle, UTC), zone) == was:
            low = middle
        else:
            high = middle
    return high


def _shift(at: datetime, zone: ZoneInfo) -> int:
    return int((at.astimezone(zone).utcoffset() or timedelta(0)).total_seconds())


def _by_the_wall(begins: int, ends: int, shifts: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """When the clock on the wall says something between the two: from, until, and its shift then."""
    for since, until, shift in shifts:
        opens, closes = max(begins - shift, since), min(ends - shift, until)
        if opens < closes:
            yield opens, closes, shift
