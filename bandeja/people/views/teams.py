"""Teams: everybody sees who is in them; who manages people and sees all conversations makes and changes them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.people import teams as verbs
from bandeja.people.access import for_agents
from bandeja.people.forms import TeamForm
from bandeja.people.models import Agent, Membership, Team


@require_GET
@for_agents()
def teams(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The list."""
    context = {"teams": _teams(agent), "manages": verbs.may_manage(agent)}
    return render(request, "people/teams.html", context)


@require_http_methods(["GET", "POST"])
@for_agents()
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Make a team."""
    return _edit(request, agent, None)


@require_http_methods(["GET", "POST"])
@for_agents()
def team(request: HttpRequest, agent: Agent, team_id: int) -> HttpResponse:
    """Change a team: its name, and who is in it."""
    return _edit(request, agent, get_object_or_404(_teams(agent), pk=team_id))


@require_POST
@for_agents()
def deletion(request: HttpRequest, agent: Agent, team_id: int) -> HttpResponse:
    """Delete a team."""
    _require(agent)
    mine = get_object_or_404(_teams(agent), pk=team_id)
    verbs.delete(mine, by=agent)
    told = _("The team “%(team)s” was deleted. Its conversations stay their owners'.")
    messages.success(request, told % {"team": mine.name})
    return redirect("settings_teams")


def _edit(request: HttpRequest, agent: Agent, mine: Team | None) -> HttpResponse:
    _require(agent)
    form = TeamForm(request.POST or None, workspace=agent.workspace, team=mine)
    if form.is_valid():
        try:
            saved = verbs.save(agent.workspace, team=mine, by=agent, **form.cleaned_data)
        except verbs.NameTaken:
            form.add_error("name", _("Another team is called that. Use another name."))
        else:
            messages.success(request, _("The team “%(team)s” was saved.") % {"team": saved})
            return redirect("settings_teams")
    context = {"form": form, "team": mine, "people": form.people()}
    return render(request, "people/team.html", context, status=422 if form.is_bound else 200)


def _require(agent: Agent) -> None:
    if not verbs.may_manage(agent):
        raise PermissionDenied


def _teams(agent: Agent) -> QuerySet[Team]:
    inside = (
        Membership.objects.filter(agent__is_active=True).select_related("agent").order_by("-leads", "agent__name")
    )
    found = Team.objects.filter(workspace=agent.workspace).order_by("name")
    return found.prefetch_related(Prefetch("memberships", inside))
