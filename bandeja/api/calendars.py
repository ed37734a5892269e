"""Business hours, to read: what a rule's `calendar_id` may name. They are made and changed on screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from bandeja.api.access import ApiRequest, Token
from bandeja.api.models import Scope
from bandeja.hours.models import CalendarVersion
from bandeja.hours.week import DAY
from bandeja.people.models import Permission

router = Router(tags=["closing rules"])

READS = Token(Scope.READ_RULES, Permission.MANAGE_CLOSING)


class HoursOut(Schema):
    """A stretch by the clock on the wall, `14:05`; what ends at or before it begins ends on the day after."""

    opens: str
    closes: str


class ExceptionOut(Schema):
    """A date that is different: with hours of its own, or closed where there are none."""

    on: date
    hours: list[HoursOut]


class CalendarOut(Schema):
    """When it is open: the hours of each weekday, Monday first; none on the holidays of `country`, by ISO 3166."""

    id: int
    name: str
    version: int
    time_zone: str
    week: list[list[HoursOut]]
    country: str
    subdivision: str
    exceptions: list[ExceptionOut]
    saved_at: datetime

    @classmethod
    def of(cls, said: CalendarVersion) -> CalendarOut:
        calendar = said.calendar
        assert calendar is not None  # noqa: S101  it is the one in force
        return cls(
            id=calendar.pk, name=calendar.name, version=calendar.version, time_zone=said.zone,
            week=[_hours(spans) for spans in said.week], country=said.country, subdivision=said.subdivision,
            exceptions=[ExceptionOut(on=each["on"], hours=_hours(each["hours"])) for each in said.exceptions],
            saved_at=calendar.saved_at,
        )  # fmt: skip


@router.get("", response=list[CalendarOut], auth=READS)
def calendars(request: ApiRequest) -> list[CalendarOut]:
    """All of them, by name."""
    return [CalendarOut.of(each) for each in _versions(request).order_by("calendar__name")]


@router.get("/{int:calendar_id}", response=CalendarOut, auth=READS)
def calendar(request: ApiRequest, calendar_id: int) -> CalendarOut:
    """One calendar, as it is now."""
    return CalendarOut.of(get_object_or_404(_versions(request), calendar=calendar_id))


def _versions(request: ApiRequest) -> QuerySet[CalendarVersion]:
    here = CalendarVersion.objects.filter(calendar__workspace=request.auth.workspace, current=True)
    return here.select_related("calendar")


def _hours(spans: Sequence[Sequence[int]]) -> list[HoursOut]:
    return [HoursOut(opens=_clock(since), closes=_clock(until)) for since, until in spans]


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"
