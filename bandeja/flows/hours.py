"""Business hours as people type them: `09:00-13:00, 14:00-18:00` for each day of the week. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
DAY = 24 * 60


class Unclear(ValueError):
    """These are no hours."""


def spans(told: str) -> list[tuple[int, int]]:
    """The minutes of the day from which to which it is open. Raises Unclear."""
    return [_span(each.strip()) for each in told.split(",") if each.strip()]


def is_open(hours: Mapping[str, str], local: datetime) -> bool:
    """Whether an instant, in the time zone of the hours, lies within them."""
    minute = local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in spans(hours[DAYS[local.weekday()]]))


def clock(told: str) -> time:
    """A time of day, `9:30`. Raises Unclear."""
    read = CLOCK.fullmatch(told.strip())
    if not read:
        raise Unclear(f"{told} is no time of day.")
    return time(int(read[1]), int(read[2]))


def next_at(told: str, after: datetime, zone: str) -> datetime:
    """The first instant after this one when clocks in that zone show the time told. Raises Unclear."""
    at, here = clock(told), ZoneInfo(zone)
    day = after.astimezone(here).date()
    for ahead in range(3):
        instant = datetime.combine(day + timedelta(days=ahead), at, here)
        # As an instant: within one zone Python compares what clocks show, and they go back in autumn.
        if instant.timestamp() > after.timestamp():
            return instant
    raise Unclear(f"{told} comes on no day.")


def _span(told: str) -> tuple[int, int]:
    read = SPAN.fullmatch(told)
    if not read:
        raise Unclear(f"{told} are no hours.")
    begins, ends = int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])
    if not begins < ends <= DAY or int(read[2]) > 59 or int(read[4]) > 59:
        raise Unclear(f"{told} are no hours.")
    return begins, ends
