"""A calendar as somebody would have it: tidied, and refused field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from bandeja.channels.reading import is_visible
from bandeja.hours import feasts
from bandeja.hours.models import NAME_LENGTH, CalendarVersion
from bandeja.hours.week import DAY, Span

MOST_SPANS = 6
"""On one day."""
MOST_EXCEPTIONS = 120


@dataclass(frozen=True)
class Draft:
    """A calendar as somebody would have it: the hours of each weekday, Monday first; dates that are different, in any
    order. Hours that end at or before they begin end on the day after.
    """

    name: str
    zone: str
    week: Sequence[Sequence[Span]]
    country: str = ""
    subdivision: str = ""
    exceptions: Sequence[tuple[date, Sequence[Span]]] = ()

    @classmethod
    def of(cls, name: str, version: CalendarVersion) -> Draft:
        return cls(
            name=name,
            zone=version.zone,
            week=[[(since, until) for since, until in spans] for spans in version.week],
            country=version.country,
            subdivision=version.subdivision,
            exceptions=[
                (date.fromisoformat(each["on"]), [(since, until) for since, until in each["hours"]])
                for each in version.exceptions
            ],
        )

    def says(self, version: CalendarVersion) -> bool:
        """Whether it is open as that version is; what it is called aside."""
        return self == Draft.of(self.name, version)


class Invalid(Exception):
    """The draft is none; `errors` says what is wrong with each field: `week.0` is Monday, `exceptions.2.on` the date
    of the third exception as they were given.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def tidy(draft: Draft) -> Draft:
    """The draft trimmed, its hours in order. Raises Invalid with everything that is wrong with it at once."""
    draft = replace(
        draft,
        name=draft.name.strip(),
        week=[_in_order(spans) for spans in draft.week],
        subdivision=draft.subdivision if draft.country else "",
        exceptions=[(on, _in_order(spans)) for on, spans in draft.exceptions],
    )
    wrong = dict(_wrong(draft))
    if wrong:
        raise Invalid(wrong)
    return replace(draft, exceptions=sorted(draft.exceptions))


def _in_order(spans: Sequence[Span]) -> list[Span]:
    """Sorted; what ends at or before it begins ends on the day after."""
    return sorted((since, until if until > since else until + DAY) for since, until in spans)


def _wrong(draft: Draft) -> Iterator[tuple[str, str]]:
    if not is_visible(draft.name):
        yield "name", _("Write a name that can be seen.")
    elif len(draft.name) > NAME_LENGTH:
        said = {"most": NAME_LENGTH, "count": len(draft.name)}
        yield "name", _("Write at most %(most)d characters; there are %(count)d.") % said
    elif "\0" in draft.name:
        yield "name", _("It contains characters that cannot be stored.")
    if draft.zone not in available_timezones():
        yield "zone", _("Choose a time zone.")
    if draft.country and not feasts.is_known(draft.country, draft.subdivision):
        place = "subdivision" if feasts.is_known(draft.country, "") else "country"
        yield place, _("There are no holidays of it. Choose again.")
    yield from _wrong_week(draft.week)
    yield from _wrong_exceptions(draft.exceptions)


def _wrong_week(week: Sequence[Sequence[Span]]) -> Iterator[tuple[str, str]]:
    for number, spans in enumerate(week):
        if said := _wrong_day(spans):
            yield f"week.{number}", said
        elif any(until - DAY > since for _begins, until in spans for since, _ends in week[(number + 1) % 7][:1]):
            yield f"week.{number}", _("These hours go on into those of the day after.")
    if not any(week):
        yield "week", _("There is no open hour within a year. Give at least one day some hours.")


def _wrong_day(spans: Sequence[Span]) -> str:
    if len(spans) > MOST_SPANS:
        return _("At most %(most)d stretches a day.") % {"most": MOST_SPANS}
    if any(not (0 <= since < DAY and since < until <= since + DAY) for since, until in spans):
        return _("Write hours from 00:00 to 24:00.")
    if any(until > since for (_begins, until), (since, _ends) in pairwise(spans)):
        return _("Two of these stretches overlap.")
    return ""


def _wrong_exceptions(exceptions: Sequence[tuple[date, Sequence[Span]]]) -> Iterator[tuple[str, str]]:
    dates = [on for on, _spans in exceptions]
    if len(dates) > MOST_EXCEPTIONS:
        yield "exceptions", _("At most %(most)d dates.") % {"most": MOST_EXCEPTIONS}
    for number, (on, spans) in enumerate(exceptions):
        if on in dates[:number]:
            yield f"exceptions.{number}.on", _("This date is there twice.")
        if said := _wrong_day(spans):
            yield f"exceptions.{number}.hours", said


def snapshot(name: str, version: CalendarVersion) -> dict[str, Any]:
    """A calendar as the audit log keeps it: plain values."""
    return {
        "name": name,
        "zone": version.zone,
        "week": version.week,
        "country": version.country,
        "subdivision": version.subdivision,
        "exceptions": version.exceptions,
    }
