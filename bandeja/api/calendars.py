"""Business hours, which rules count by: made, changed and deleted as on screen. Each save says which version it was
made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer
from pydantic import Field, StringConstraints

from bandeja.api import etags
from bandeja.api.access import ApiRequest, Token
from bandeja.api.etags import IfMatch, require_one, stale, version_from
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import NO_NUL, Day, Sent, as_sent
from bandeja.closing import calendars as verbs
from bandeja.closing.calendar_forms import clock, minutes
from bandeja.hours import feasts
from bandeja.hours.drafts import MOST_EXCEPTIONS, MOST_SPANS, Draft, Invalid
from bandeja.hours.models import NAME_LENGTH, Calendar, CalendarVersion
from bandeja.hours.week import Span
from bandeja.people.clock import database_now
from bandeja.people.models import Permission

router = Router(tags=["closing rules"])

READS = Token(Scope.READ_RULES, Permission.MANAGE_CLOSING)
WRITES = Token(Scope.WRITE_RULES, Permission.MANAGE_CLOSING)
WEEKDAYS = 7
SHOWN = 14
"""Days that are told ahead."""
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
End = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class Hours(Sent):
    """A stretch by the clock on the wall, `14:05`; what ends at or before it begins ends on the day after."""

    opens: Clock
    closes: End


Stretches = Annotated[list[Hours], Field(max_length=MOST_SPANS)]


class CalendarException(Sent):
    """A date that is different: with hours of its own, or closed where there are none."""

    on: Day
    hours: Stretches


class CalendarIn(Sent):
    """When it is open: the hours of each weekday, Monday first; none on the holidays of `country`, by ISO 3166, or of
    `subdivision`, a part of it by its code there; on a date of `exceptions` its own.
    """

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH, pattern=NO_NUL),
        as_sent(NAME_LENGTH),
    ]
    time_zone: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
    week: list[Stretches] = Field(min_length=WEEKDAYS, max_length=WEEKDAYS)
    country: Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$")] = ""
    subdivision: Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)] = ""
    exceptions: list[CalendarException] = Field(default=[], max_length=MOST_EXCEPTIONS)

    def draft(self) -> Draft:
        return Draft(
            name=self.name, zone=self.time_zone, week=[_spans(hours) for hours in self.week], country=self.country,
            subdivision=self.subdivision, exceptions=[(each.on, _spans(each.hours)) for each in self.exceptions],
        )  # fmt: skip


class CalendarChange(CalendarIn):
    """The same, with the version it was made from, here or in `If-Match`."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None


class CalendarOut(Schema):
    """When it is open, and which `version` of it this is: they count the saves."""

    id: int
    name: str
    version: int
    time_zone: str
    week: list[list[Hours]]
    country: str
    subdivision: str
    exceptions: list[CalendarException]
    saved_at: datetime

    @classmethod
    def of(cls, said: CalendarVersion) -> CalendarOut:
        calendar = said.calendar
        assert calendar is not None  # noqa: S101  it is the one in force
        return cls(
            id=calendar.pk, name=calendar.name, version=calendar.version, time_zone=said.zone,
            week=[_hours(spans) for spans in said.week], country=said.country, subdivision=said.subdivision,
            exceptions=[CalendarException(on=each["on"], hours=_hours(each["hours"])) for each in said.exceptions],
            saved_at=calendar.saved_at,
        )  # fmt: skip


class CalendarDay(Schema):
    """A date and its hours; `holiday` is what it is called, in the caller's language or the country's, else blank."""

    on: date
    hours: list[Hours]
    holiday: str
    is_exception: bool


@router.get("", response=list[CalendarOut], auth=READS)
def calendars(request: ApiRequest) -> list[CalendarOut]:
    """All of them, by name."""
    return [CalendarOut.of(each) for each in _versions(request).order_by("calendar__name")]


@router.post("", response={201: CalendarOut}, auth=WRITES)
def add(request: ApiRequest, response: HttpResponse, body: CalendarIn) -> Answer[CalendarOut]:
    """Make a calendar. Nothing counts by it until a rule names it."""
    saved = _save(request, body, None, None)
    response["Location"] = f"{request.path}/{saved.pk}"
    return Answer(201, _told(request, saved.pk, response))


@router.get("/{int:calendar_id}", response=CalendarOut, auth=READS)
def calendar(request: ApiRequest, response: HttpResponse, calendar_id: int) -> CalendarOut:
    """One calendar, as it is now. Its ETag goes into `If-Match` of a change."""
    return _told(request, calendar_id, response)


@router.get("/{int:calendar_id}/days", response=list[CalendarDay], auth=READS)
def days(request: ApiRequest, calendar_id: int) -> list[CalendarDay]:
    """Its next two weeks, today first: hours, holidays and exceptions."""
    said = Draft.of("", _version(request, calendar_id))
    first = database_now().astimezone(ZoneInfo(said.zone)).date()
    off = feasts.dates(said.country, said.subdivision, first, first + timedelta(days=SHOWN), get_language() or "en")
    different = dict(said.exceptions)
    shown = [first + timedelta(days=number) for number in range(SHOWN)]
    return [
        CalendarDay(
            on=on, holiday=off.get(on, ""), is_exception=on in different,
            hours=_hours(different[on] if on in different else () if on in off else said.week[on.weekday()]),
        )
        for on in shown
    ]  # fmt: skip


@router.put("/{int:calendar_id}", response=CalendarOut, auth=WRITES)
def change(
    request: ApiRequest, response: HttpResponse, calendar_id: int, body: CalendarChange, if_match: IfMatch = None
) -> CalendarOut:
    """Change it, from the version that was read: 412 when somebody was faster, 428 without one. No clock that runs
    ends earlier by it (closing B5).
    """
    mine = get_object_or_404(Calendar, workspace=request.auth.workspace, pk=calendar_id)
    require_one(if_match, body.version)
    now = CalendarOut.of(_version(request, mine.pk))
    _save(request, body, mine.pk, version_from(if_match, body.version, now))
    return _told(request, calendar_id, response)


@router.delete("/{int:calendar_id}", response={204: None}, auth=WRITES)
def delete(request: ApiRequest, calendar_id: int) -> Answer[None]:
    """Delete it; 409 while a rule counts by it, on or off."""
    mine = get_object_or_404(Calendar, workspace=request.auth.workspace, pk=calendar_id)
    try:
        verbs.delete(mine.pk, workspace=request.auth.workspace, by=request.auth.person)
    except verbs.Used as used:
        said = _("Rules count by it: %(rules)s. Nothing was deleted.")
        raise Problem(409, said % {"rules": ", ".join(used.names)}) from None
    return Answer(204, None)


def _save(request: ApiRequest, body: CalendarIn, calendar_id: int | None, version: int | None) -> Calendar:
    try:
        return verbs.save(
            request.auth.workspace, body.draft(), by=request.auth.person, calendar_id=calendar_id, version=version
        )  # fmt: skip
    except Invalid as refusal:
        called = {"zone": "time_zone"}
        raise unfit([(called.get(name, name), said) for name, said in refusal.errors.items()]) from None
    except verbs.NameTaken:
        raise unfit([("name", _("Another calendar has this name. Choose a different one."))]) from None
    except verbs.Stale as refusal:
        raise stale(refusal.current.version) from None
    except Calendar.DoesNotExist:
        raise Problem(404, _("There is no such thing here.")) from None


def _told(request: ApiRequest, calendar_id: int, response: HttpResponse) -> CalendarOut:
    told = CalendarOut.of(_version(request, calendar_id))
    response["ETag"] = etags.of(told)
    return told


def _version(request: ApiRequest, calendar_id: int) -> CalendarVersion:
    return get_object_or_404(_versions(request), calendar=calendar_id)


def _versions(request: ApiRequest) -> QuerySet[CalendarVersion]:
    here = CalendarVersion.objects.filter(calendar__workspace=request.auth.workspace, current=True)
    return here.select_related("calendar")


def _hours(spans: Sequence[Sequence[int]]) -> list[Hours]:
    return [Hours(opens=clock(since), closes=clock(until)) for since, until in spans]


def _spans(hours: Sequence[Hours]) -> list[Span]:
    return [(minutes(each.opens), minutes(each.closes)) for each in hours]
