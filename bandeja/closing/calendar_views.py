"""The screens of business hours: the calendars, one of them, and its next days as it is typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.closing import calendars as verbs
from bandeja.closing.calendar_days import Told, listed, next_days
from bandeja.closing.calendar_forms import CalendarForm
from bandeja.hours.drafts import Invalid, tidy
from bandeja.hours.models import Calendar
from bandeja.people.access import for_agents
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Permission


@require_GET
@for_agents(Permission.MANAGE_CLOSING)
def calendars(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The list."""
    return render(request, "closing/calendars.html", {"calendars": listed(agent.workspace)})


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Make a calendar."""
    return _edit(request, agent, None)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def calendar(request: HttpRequest, agent: Agent, calendar_id: int) -> HttpResponse:
    """Change a calendar."""
    return _edit(request, agent, _calendar(agent, calendar_id))


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def deletion(request: HttpRequest, agent: Agent, calendar_id: int) -> HttpResponse:
    """GET: asks whether it is meant, or says which rules count by it. POST: deletes the calendar."""
    mine = _calendar(agent, calendar_id)
    rules = list(mine.rules.order_by("name").values_list("name", flat=True))
    if request.method == "GET":
        return render(request, "closing/calendar_deletion.html", {"calendar": mine, "rules": rules})
    try:
        verbs.delete(mine.pk, workspace=agent.workspace, by=agent)
    except verbs.Used as used:
        context = {"calendar": mine, "rules": used.names}
        return render(request, "closing/calendar_deletion.html", context, status=409)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": mine.name})
    return redirect("hours:calendars")


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def days(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The next days of the calendar being typed, and the parts of its country."""
    form = CalendarForm(agent, request.POST)
    return render(request, "closing/calendar_days.html", {"form": form, "told": _told(form), "oob": True})


def _edit(request: HttpRequest, agent: Agent, mine: Calendar | None) -> HttpResponse:
    form = CalendarForm(agent, request.POST if request.method == "POST" else None, mine)
    if form.is_bound and "look" not in request.POST:
        try:
            saved = form.save(agent)
        except Calendar.DoesNotExist:
            raise Http404 from None
        if saved:
            messages.success(request, _("“%(name)s” was saved. It counts from now on.") % {"name": saved.name})
            return redirect("hours:calendars")
    status = 422 if form.is_bound and (form.errors or form.stale) else 200
    return render(request, "closing/calendar.html", _context(form, mine), status=status)


def _context(form: CalendarForm, mine: Calendar | None) -> dict[str, Any]:
    return {"form": form, "calendar": mine, "told": _told(form)}


def _told(form: CalendarForm) -> Told | None:
    """The next days of what is typed or saved; None while that is no calendar."""
    try:
        draft = tidy(form.draft()) if form.is_bound else form.saved
    except Invalid as refusal:
        if set(refusal.errors) != {"name"}:
            return None
        draft = form.draft()
    return next_days(draft, database_now())


def _calendar(agent: Agent, calendar_id: int) -> Calendar:
    """A calendar of the agent's workspace; another's is not there."""
    return get_object_or_404(Calendar, workspace=agent.workspace, pk=calendar_id)
