"""The verbs of calendars: save and delete. A save is a new version, which rules count by from then on (closing B5).

Like those of rules each is one transaction: it locks the workspace, writes down what is open, passes the gates of the
accounts of every rule that counts by the calendar, locks these, and only then stamps its instant. It writes a row or
two for each of these rules, and no conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from bandeja.channels import gate
from bandeja.closing import by_hours, rules
from bandeja.closing.models import Coverage, Rule
from bandeja.conversations.bell import ring_all
from bandeja.hours import feasts
from bandeja.hours.drafts import Draft, Invalid, snapshot, tidy
from bandeja.hours.models import Calendar, CalendarVersion
from bandeja.hours.week import open_stretches
from bandeja.hours.writing import begin, timelines, week_from
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

YEAR = timedelta(days=366)


class NameTaken(Exception):
    """Another calendar of the workspace has that name."""


class Stale(Exception):
    """Somebody changed the calendar since it was opened; `current` is how it is now."""

    def __init__(self, current: Calendar) -> None:
        super().__init__(f"The calendar {current.name} is at version {current.version} by now.")
        self.current = current


class Used(Exception):
    """Rules count by it: `names` are theirs."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def save(
    workspace: Workspace,
    draft: Draft,
    *,
    by: Agent | None,
    calendar_id: int | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> Calendar:
    """Make a calendar, or change the one of this id.

    Raises Invalid, Stale, NameTaken, Calendar.DoesNotExist.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        draft = tidy(draft)
        calendar = _get(workspace, calendar_id) if calendar_id else Calendar(workspace=workspace, version=0)
        if version is not None and version != calendar.version:
            raise Stale(calendar)
        _require_name(calendar, draft.name)
        return _write(calendar, draft, by, at)


def delete(calendar_id: int, *, workspace: Workspace, by: Agent | None, at: datetime | None = None) -> bool:
    """Delete a calendar that no rule counts by; what counted by it goes on (closing B5).

    Answers whether there was one. Raises Used.
    """
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        found = Calendar.objects.filter(workspace=workspace, pk=calendar_id).first()
        if found is None:
            return False
        if names := list(found.rules.order_by("name").values_list("name", flat=True)):
            raise Used(names)
        before, now = snapshot(found.name, current(found)), at or database_now()
        found.versions.update(current=False)
        found.delete()
        _forget_unused(workspace)
        _record(workspace.pk, calendar_id, by, now, before=before, after=None)
    return True


def current(calendar: Calendar) -> CalendarVersion:
    """What it says now."""
    return calendar.versions.get(current=True)


def _get(workspace: Workspace, calendar_id: int) -> Calendar:
    return Calendar.objects.select_for_update(no_key=True).get(workspace=workspace, pk=calendar_id)


def _require_name(calendar: Calendar, name: str) -> None:
    others = Calendar.objects.filter(workspace=calendar.workspace_id).exclude(pk=calendar.pk or 0)
    if others.alias(lowered=Lower("name")).filter(lowered=Lower(Value(name))).exists():
        raise NameTaken(f"Another calendar is called {name}.")


def _write(calendar: Calendar, draft: Draft, by: Agent | None, at: datetime | None) -> Calendar:
    was = current(calendar) if calendar.pk else None
    before = snapshot(calendar.name, was) if was else None
    # What holidays there are may have changed since, and nobody tells.
    is_same = was and draft.says(was) and not draft.country
    made = was if was and is_same else _make(calendar, draft, at or database_now())
    using = _enter(calendar)
    now = at or database_now()
    calendar.name, calendar.version, calendar.saved_at = draft.name, calendar.version + 1, now
    if not calendar.pk:
        calendar.created_at = now
    calendar.save()
    if made is not was:
        if was:
            was.current = False
            was.save(update_fields=["current"])
        CalendarVersion.objects.filter(pk=made.pk).update(calendar=calendar, current=True, made_at=now)
        _require_time(using, made, now)
        for rule in using:
            rules.run(rule, now)
        _forget_unused(calendar.workspace)
    _record(calendar.workspace_id, calendar.pk, by, now, before=before, after=snapshot(calendar.name, made))
    return calendar


def _make(calendar: Calendar, draft: Draft, now: datetime) -> CalendarVersion:
    """A version of its own that is in force nowhere yet. Raises Invalid where it is never open."""
    made = CalendarVersion(
        workspace=calendar.workspace, calendar=None, made_at=now, current=False, zone=draft.zone,
        week=[[list(span) for span in spans] for spans in draft.week], country=draft.country,
        subdivision=draft.subdivision,
        exceptions=[{"on": on.isoformat(), "hours": list(map(list, spans))} for on, spans in draft.exceptions],
    )  # fmt: skip
    if not _opens(made, now):
        raise Invalid({"week": _("There is no open hour within a year. Give at least one day some hours.")})
    begin(made)
    return made


def _opens(made: CalendarVersion, now: datetime) -> bool:
    """Whether it is open at all in the next 366 days."""
    first = now.astimezone(ZoneInfo(made.zone)).date()
    end: date = first + YEAR
    off = feasts.dates(made.country, made.subdivision, first - timedelta(days=1), end)
    opened = open_stretches(week_from(made.zone, made.week, made.exceptions), off, first, end)
    return bool(opened) and opened[-1].closes > now.timestamp()


def _enter(calendar: Calendar) -> list[Rule]:
    """The rules that count by it, locked behind the gates of all their accounts."""
    if not calendar.pk:
        return []
    listed = Coverage.objects.filter(rule__calendar=calendar).values_list("account_id", flat=True)
    gate.enter_alone(sorted(set(listed)))
    return list(Rule.objects.select_for_update().filter(calendar=calendar).order_by("pk"))


def _require_time(using: Sequence[Rule], made: CalendarVersion, now: datetime) -> None:
    hours = timelines([made.pk])[made.pk] if using else None
    for rule in using:
        times = [
            (rule.amount, rule.unit),
            *([(rule.unheard_amount, rule.unheard_unit)] if rule.unheard_amount else []),
        ]
        if hours and not all(by_hours.is_over_in_time(*time, hours, now) for time in times):
            said = _(
                "In these hours the time of the rule “%(rule)s” takes more than three years. Give it more hours."
            )
            raise Invalid({"week": said % {"rule": rule.name}})


def _forget_unused(workspace: Workspace) -> None:
    """Versions that are in force no more, and that no rule ever counted by."""
    CalendarVersion.objects.filter(Q(current=False), workspace=workspace, times=None).delete()


def _record(
    workspace_id: int, calendar_id: int, by: Agent | None, now: datetime, *, before: Any, after: Any
) -> None:  # fmt: skip
    """Write the change into the audit log, and let open threads show what their clocks are now."""
    if before == after:
        return
    ring_all(workspace_id)
    action = Action.DELETED if after is None else Action.CHANGED if before else Action.CREATED
    audit.record(
        Subject.CALENDAR, calendar_id, action, workspace_id=workspace_id, name=(after or before)["name"], by=by,
        at=now, before=before, after=after,
    )  # fmt: skip
