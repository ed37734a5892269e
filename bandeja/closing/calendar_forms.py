"""A calendar as somebody types it. What is wrong with it is decided by the verb, and said beside the field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bandeja.closing import calendars
from bandeja.closing.typed import whole
from bandeja.hours import feasts
from bandeja.hours.drafts import MOST_EXCEPTIONS, MOST_SPANS, Draft, Invalid
from bandeja.hours.models import NAME_LENGTH, Calendar
from bandeja.hours.week import DAY, Span
from bandeja.people.forms import zones
from bandeja.people.models import Agent

CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(:00)?", re.ASCII)
OFFICE: Sequence[Sequence[Span]] = [[(9 * 60, 18 * 60)]] * 5 + [[], []]
"""What a new calendar begins with."""
SPARE = 2
"""Blank dates at the end of the exceptions."""


@dataclass(frozen=True)
class Pair:
    """From and to as they are typed, and what the two fields are called."""

    key: str
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class Row:
    """The hours of a weekday, or of a date that is different; `on` is that date as it is typed."""

    key: str
    pairs: Sequence[Pair]
    label: str = ""
    on: str = ""
    errors: Sequence[str] = ()


class Unclear(ValueError):
    """What was typed is no time, or only half of a stretch."""


class CalendarForm(forms.Form):
    """Hours, holidays and exceptions. `version` is the one the form was opened with; `stale` is the calendar as it is
    by now, once a save was refused because somebody else had changed it.
    """

    name = forms.CharField(
        label=_("Name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": NAME_LENGTH}),
    )
    zone = forms.CharField(label=_("Time zone"), required=False, widget=forms.Select)
    country = forms.CharField(
        label=_("Holidays of"),
        required=False,
        widget=forms.Select,
    )
    subdivision = forms.CharField(label=_("Part of the country"), required=False, widget=forms.Select)

    def __init__(self, agent: Agent, data: QueryDict | None = None, calendar: Calendar | None = None) -> None:
        self.workspace, self.calendar = agent.workspace, calendar
        self.saved = _saved(agent, calendar)
        plain = ("name", "zone", "country", "subdivision")
        super().__init__(data, initial={each: getattr(self.saved, each) for each in plain}, label_suffix="")
        self.stale: Calendar | None = None
        self.version = whole(data.get("version", "")) if data is not None else calendar.version if calendar else 0
        self.fields["zone"].widget.choices = zones(self._text("zone") or "UTC")
        spoken = get_language() or "en"
        none, all_of = ("", _("None")), ("", _("All of it"))
        self.fields["country"].widget.choices = [none, *feasts.countries(spoken)]
        self.parts = feasts.subdivisions(self._text("country"))
        self.fields["subdivision"].widget.choices = [all_of, *self.parts]

    @property
    def week(self) -> list[Row]:
        """The weekdays, Monday first, each with a blank stretch to fill in."""
        return [
            self._row(f"day-{number}", str(WEEKDAYS[number]), self.saved.week[number]) for number in range(7)
        ]  # fmt: skip

    @property
    def dates(self) -> list[Row]:
        """The dates that are different, and some blank ones."""
        if self.is_bound:
            return [self._row(f"date-{n}", on=self.data[f"date-{n}"]) for n in self._typed_dates()]
        known = [(on.isoformat(), spans) for on, spans in self.saved.exceptions] + [("", [])] * SPARE
        return [self._row(f"date-{n}", spans=spans, on=on) for n, (on, spans) in enumerate(known)]

    def draft(self) -> Draft:
        """What the form says. Raises Invalid where what was typed is no time or date."""
        wrong: dict[str, str] = {}
        week = [self._spans(f"day-{number}", wrong) for number in range(7)]
        dates = {number: self._date(number, wrong) for number in self._typed_dates()}
        exceptions = [(on, self._spans(f"date-{number}", wrong)) for number, on in dates.items() if on]
        if wrong:
            raise Invalid(wrong)
        return Draft(
            name=self._text("name"),
            zone=self._text("zone"),
            week=week,
            country=self._text("country"),
            # What is left of another country, chosen before this one, names nothing.
            subdivision=self._text("subdivision") if self._text("subdivision") in dict(self.parts) else "",
            exceptions=exceptions,
        )

    def save(self, by: Agent) -> Calendar | None:
        """Save the calendar for `by`; None when it is refused, and the form says why.

        Raises Calendar.DoesNotExist.
        """
        self.is_valid()
        known = self.calendar.pk if self.calendar else None
        version = self.version if known else None
        try:
            return calendars.save(self.workspace, self.draft(), by=by, calendar_id=known, version=version)
        except Invalid as refusal:
            for field, message in refusal.errors.items():
                self._refuse(self._place(field), message)
        except calendars.NameTaken:
            self.add_error("name", _("Another calendar has this name. Choose a different one."))
        except calendars.Stale as refusal:
            self.stale, self.version = refusal.current, refusal.current.version
        return None

    def _place(self, field: str) -> str:
        """The row or field that what is wrong with this part of the draft stands beside."""
        part, _dot, of = field.partition(".")
        if part == "exceptions" and of:
            typed = [n for n in self._typed_dates() if self.data[f"date-{n}"].strip()]
            return f"date-{typed[int(of.partition('.')[0])]}"
        return f"day-{of}" if part == "week" and of else field

    def _refuse(self, field: str, message: str) -> None:
        self.errors.setdefault(field, self.error_class()).append(message)

    def _row(self, key: str, label: str = "", spans: Sequence[Span] = (), on: str = "") -> Row:
        typed = [Pair(f"{key}-{n}", *each) for n, each in enumerate(self._pairs(key, spans))]
        return Row(key, typed, label, on, [str(each) for each in self.errors.get(key, [])] if self.is_bound else [])

    def _pairs(self, key: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
        """The stretches of a row as they are typed or saved, and a blank one; two at the least."""
        if self.is_bound:
            pairs = [pair for pair in self._typed(key) if any(pair)]
        else:
            pairs = [(clock(since), clock(until)) for since, until in spans]
        blank = [("", "")] * max(2 - len(pairs), 1 if len(pairs) < MOST_SPANS else 0)
        return [*pairs, *blank]

    def _typed(self, key: str) -> Iterator[tuple[str, str]]:
        for number in range(MOST_SPANS + 1):
            since, until = (self.data.get(f"{key}-{number}-{end}", "").strip() for end in ("from", "to"))
            yield since, until

    def _typed_dates(self) -> list[int]:
        return [n for n in range(MOST_EXCEPTIONS + SPARE + 1) if f"date-{n}" in self.data]

    def _spans(self, key: str, wrong: dict[str, str]) -> list[Span]:
        try:
            return [(minutes(since), minutes(until)) for since, until in self._typed(key) if since or until]
        except Unclear:
            wrong[key] = str(_("Write both times, such as 09:00 and 18:00."))
            return []

    def _date(self, number: int, wrong: dict[str, str]) -> date | None:
        typed = self.data[f"date-{number}"].strip()
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            wrong[f"date-{number}"] = str(_("Write a date."))
            return None

    def _text(self, field: str) -> str:
        value = self[field].value()
        return "" if value is None else str(value)


def clock(minute: int) -> str:
    """Minutes after midnight as a clock says them: what ends at midnight ends at 00:00."""
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def minutes(typed: str) -> int:
    """The minutes after midnight that a clock says. Raises Unclear."""
    found = CLOCK.fullmatch(typed)
    if not found or (told := int(found[1]) * 60 + int(found[2])) > DAY:
        raise Unclear(typed)
    return told


def _saved(agent: Agent, calendar: Calendar | None) -> Draft:
    if calendar is None:
        return Draft("", agent.workspace.time_zone, OFFICE)
    return Draft.of(calendar.name, calendars.current(calendar))
