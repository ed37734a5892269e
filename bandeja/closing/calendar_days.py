"""How calendars read: their week in a line or two, and what their next days are like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from bandeja.closing.calendar_forms import clock
from bandeja.closing.models import Rule
from bandeja.hours import feasts
from bandeja.hours.drafts import Draft
from bandeja.hours.models import Calendar, CalendarVersion
from bandeja.people import audit
from bandeja.people.models import Workspace

SHOWN = 14
"""Days."""


@dataclass(frozen=True)
class Day:
    """A date, its hours, and why these are not the weekday's: a holiday by its name, or an exception."""

    on: str
    hours: str
    why: str = ""


@dataclass(frozen=True)
class Told:
    """The next days of a calendar, the first one today where it is."""

    days: Sequence[Day]


@dataclass(frozen=True)
class Listed:
    """A calendar in the list: its week, its time zone and holidays, and the rules that count by it."""

    calendar: Calendar
    week: Sequence[str]
    zone: str
    country: str
    exceptions: int
    rules: Sequence[str]


def listed(workspace: Workspace) -> list[Listed]:
    """The calendars of a workspace."""
    versions = CalendarVersion.objects.filter(calendar__workspace=workspace, current=True)
    names: dict[int, list[str]] = {}
    for calendar_id, name in Rule.objects.filter(workspace=workspace, calendar__isnull=False).values_list(
        "calendar_id", "name"
    ):
        names.setdefault(calendar_id, []).append(name)
    return [
        Listed(
            each.calendar, week(each.week), each.zone.replace("_", " "), _country(each.country, each.subdivision),
            len(each.exceptions), sorted(names.get(each.calendar.pk, ())),
        )
        for each in versions.select_related("calendar").order_by("calendar__name")
        if each.calendar
    ]  # fmt: skip


def next_days(draft: Draft, now: datetime) -> Told:
    """What the next days are like by such a calendar. `draft` must be tidy but for its name."""
    first = now.astimezone(ZoneInfo(draft.zone)).date()
    end = first + timedelta(days=SHOWN)
    off = feasts.dates(draft.country, draft.subdivision, first, end, _language())
    return Told([_day(draft, first + timedelta(days=n), off) for n in range(SHOWN)])


def _day(draft: Draft, on: date, off: Mapping[date, str]) -> Day:
    named = f"{WEEKDAYS_ABBR[on.weekday()]} {formats.date_format(on, 'MONTH_DAY_FORMAT')}"
    different = dict(draft.exceptions)
    if on in different:
        return Day(named, spans(different[on]), _("An exception"))
    if on in off:
        return Day(named, spans([]), off[on])
    return Day(named, spans(draft.week[on.weekday()]))


def spans(hours: Sequence[Sequence[int]]) -> str:
    """Stretches of a day: 09:00–13:00, 15:00–18:00."""
    if not hours:
        return pgettext("hours", "Closed")
    return ", ".join(f"{clock(since)}–{clock(until)}" for since, until in hours)


def week(days: Sequence[Sequence[Sequence[int]]]) -> list[str]:
    """A week, days that are alike together: Mon to Fri 09:00–18:00."""
    told, begin = [], 0
    for number in range(1, 8):
        if number < 7 and days[number] == days[begin]:
            continue
        if days[begin]:
            told.append(f"{_between(begin, number - 1)} {spans(days[begin])}")
        begin = number
    return told


def _between(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS[first])
    ends = str(WEEKDAYS[last])
    # A name in English, and a word like any other elsewhere.
    ends = ends if _language().startswith("en") else ends.lower()
    return _("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": ends}


def _country(country: str, subdivision: str) -> str:
    if not country:
        return ""
    name = feasts.country_name(country, _language())
    part = dict(feasts.subdivisions(country)).get(subdivision) if subdivision else ""
    return f"{name}, {part}" if part else name


def _language() -> str:
    return get_language() or "en"


def facts(said: Mapping[str, Any]) -> audit.Facts:
    """A calendar as the log keeps it, field by field."""
    return list(_facts(said))


def _facts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("Name"), said["name"]
    yield _("Time zone"), said["zone"]
    yield pgettext("hours", "Open"), "; ".join(week(said["week"]))
    # By its code: what is written down is told without the library.
    part = f" ({said['subdivision']})" if said["subdivision"] else ""
    country = feasts.country_name(said["country"], _language()) if said["country"] else _("None")
    yield _("Holidays of"), f"{country}{part}"
    yield _("Exceptions"), "; ".join(f"{each['on']} {spans(each['hours'])}" for each in said["exceptions"])
