"""How an instant or a stretch of time reads: short in a list, exact on hover, counting down by the clock.

And how a page spells one that it sends back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def spelled(text: str) -> datetime | None:
    """The instant that a page sends back, in UTC; None where it is none, has no zone or lies beyond all calendars.

    In UTC because Python knows zones that are farther from it than PostgreSQL takes.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and FIRST <= at <= LAST else None


def exact(at: datetime) -> str:
    """The instant to the second, in the reader's language and the workspace's time zone."""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'DATE_FORMAT')} · {local:%H:%M:%S}"


def moment(at: datetime) -> str:
    """The day and the second, without the year: for an explanation of a clock."""
    local = timezone.localtime(at)
    return f"{_written(local, 'j M')}, {local:%H:%M:%S}"


def coming(at: datetime) -> str:
    """The weekday, the day and the minute, as of an appointment."""
    local = timezone.localtime(at)
    return f"{_written(local, 'D j M')}, {local:%H:%M}"


def hour(at: datetime) -> str:
    """The time of day, as in 14:32."""
    return f"{timezone.localtime(at):%H:%M}"


def short(at: datetime, now: datetime) -> str:
    """As short as it can be said: now, 5 min ago, 14:32, yesterday, Mon, 12 Nov, 12/11/25.

    `times.js` says the same in the browser as time passes.
    """
    age = now - at
    if age < MINUTE:
        return gettext("now")
    if age < HOUR:
        return gettext("%(minutes)d min ago") % {"minutes": age // MINUTE}
    return calendar(timezone.localtime(at), timezone.localtime(now))


def calendar(local: datetime, today: datetime) -> str:
    """The part of the date that tells it apart from today."""
    days = (today.date() - local.date()).days
    if days <= 0:
        return hour(local)
    if days == 1:
        return gettext("yesterday")
    if days < 7:
        return _written(local, "D")
    if local.year == today.year:
        return _written(local, "j M")
    return formats.date_format(local, "SHORT_DATE_FORMAT")


def _written(local: datetime, how: str) -> str:
    """Days and months are names in English, and in Spanish and Portuguese words like any other."""
    text = formats.date_format(local, how)
    return text if get_language() == "en" else text.lower()


def day_name(at: datetime, now: datetime) -> str:
    """The heading of one day of a thread."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    days = (today.date() - local.date()).days
    if days == 0:
        return gettext("Today")
    if days == 1:
        return gettext("Yesterday")
    return formats.date_format(local, "DATE_FORMAT")


def date_of(at: datetime, now: datetime) -> str:
    """The date of an instant within a sentence, with its weekday: with the year where that is another."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    how = "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT"
    return f"{_written(local, 'l')} {formats.date_format(local, how)}"


def remaining(left: timedelta) -> str:
    """What is left on a clock: 0:59 under an hour, 2 h 10 min under a day, 3 d 4 h above. Never below zero."""
    seconds = max(0, int(left.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes}:{seconds % 60:02d}"


def coarse(left: timedelta) -> str:
    """What is left, in its largest unit, for a chip: 3 d, 2 h, 12 min, 40 s."""
    seconds = max(0, int(left.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def calm(left: timedelta) -> str:
    """What is left without its seconds, for what nobody has to hurry about: 3 h 20 min, 12 min, < 1 min."""
    if left >= HOUR:
        return remaining(left)
    return f"{left // MINUTE} min" if left >= MINUTE else "< 1 min"


def stretch(length: timedelta) -> str:
    """A length of time in words: 1 minute, 90 minutes, 24 hours, 2 days."""
    minutes = int(length / MINUTE)
    if minutes % 1_440 == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // 1_440) % {"n": minutes // 1_440}
    if minutes % 60 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def delay(late: timedelta) -> str:
    """How late something was, as short as it can be said: 0.04 s, 2.5 s, 12 s, 3 min, 2 h."""
    seconds = late.total_seconds()
    if seconds >= 60:
        return coarse(late)
    digits = 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{formats.number_format(seconds, digits)} s"
