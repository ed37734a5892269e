"""A rule whose time counts only in the hours of a calendar: what is in force, what may not be, and an example."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bandeja.closing.deadline import Stretch
from bandeja.closing.models import LONGEST, SECONDS_PER_UNIT, Rule, Unit
from bandeja.closing.options import Options
from bandeja.hours.models import CalendarVersion
from bandeja.hours.timeline import Timeline
from bandeja.hours.writing import AHEAD, timelines
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from bandeja.web import times


def in_force(rule: Rule) -> dict[str, Any]:
    """By what its time counts from now on, as a row of its times has it (closing B1)."""
    if rule.calendar_id is None:
        return {"hours_id": None, "whole_days": False, "unheard_days": False}
    version = CalendarVersion.objects.get(calendar_id=rule.calendar_id, current=True)
    days = {"whole_days": rule.unit == Unit.DAYS, "unheard_days": rule.unheard_unit == Unit.DAYS}
    return {"hours_id": version.pk, **days}


def hours_of(options: Options, workspace: Workspace) -> Timeline | None:
    """What is open by the calendar that these options name; None where they name none of the workspace's."""
    if options.calendar is None:
        return None
    here = CalendarVersion.objects.filter(workspace=workspace, calendar=options.calendar, current=True)
    found = here.values_list("pk", flat=True).first()
    return timelines([found])[found] if found else None


def stretch(amount: int, unit: str, hours: Timeline | None) -> Stretch:
    """A time as it would count."""
    seconds = amount * SECONDS_PER_UNIT[Unit(unit)]
    return Stretch(seconds, hours=hours, whole_days=hours is not None and unit == Unit.DAYS)


def wrong(amount: int, unit: str, options: Options, workspace: Workspace, now: datetime) -> str:
    """What is wrong with the calendar of a time that may be had, if anything."""
    if options.calendar is None:
        return ""
    hours = hours_of(options, workspace)
    if hours is None:
        return _("One of these is no longer here. Choose again.")
    return "" if is_over_in_time(amount, unit, hours, now) else _too_long()


def is_over_in_time(amount: int, unit: str, hours: Timeline, now: datetime) -> bool:
    """Whether such a time is over before what is known of the calendar ends, and so may be had (closing B6)."""
    over = stretch(amount, unit, hours).over(now)
    return over < min(now + AHEAD, hours.ends_at)


def _too_long() -> str:
    return _("In these hours so much time takes more than three years. Choose a shorter one, or longer hours.")


def example(amount: int, unit: str, options: Options, workspace: Workspace) -> str:
    """A sentence that says when it would close, had the contact written just now; '' where that cannot be said."""
    if unit not in Unit.values or not 1 <= amount * SECONDS_PER_UNIT[Unit(unit)] <= LONGEST:
        return ""
    hours = hours_of(options, workspace)
    if hours is None:
        return ""
    now = database_now()
    if not is_over_in_time(amount, unit, hours, now):
        return ""
    over = stretch(amount, unit, hours).over(now)
    said = {"day": times.date_of(over, now), "time": times.hour(over)}
    return _("If the contact wrote now, it would close on %(day)s at %(time)s.") % said
