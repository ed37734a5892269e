"""Whether one is there: chosen in the rail's menu, told by the browser, and what contacts are answered meanwhile."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bandeja.people import presence
from bandeja.people.access import for_agents
from bandeja.people.forms import AwayForm, IdleForm
from bandeja.people.models import Agent, Permission, State


@require_POST
@for_agents()
def state(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Choose one's state; answers the menu as it is now."""
    chosen = request.POST.get("state", "")
    if chosen not in State.values:
        return HttpResponse(status=422)
    presence.choose(agent, State(chosen))
    return render(request, "people/own_menu.html", {"state": State(chosen), "states": State})


@require_POST
@for_agents()
def seen(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The browser tells that somebody did something."""
    presence.seen(agent)
    return HttpResponse(status=204)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def idle(request: HttpRequest, agent: Agent) -> HttpResponse:
    """When whoever does nothing counts as away."""
    form = IdleForm(request.POST, workspace=agent.workspace)
    if not form.is_valid():
        return HttpResponse(status=422)
    presence.judge(agent.workspace_id, **form.cleaned_data, by=agent)
    messages.success(request, _("The workspace was saved."))
    return redirect("settings_workspace")


@require_POST
@for_agents()
def away(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What contacts are answered while one is away."""
    form = AwayForm(request.POST)
    if form.is_valid():
        presence.answer_with(agent, form.cleaned_data["reply"])
        messages.success(request, _("Your automatic reply was saved."))
    else:
        messages.error(request, _("Nothing was saved: an automatic reply has up to 1,000 characters."))
    return redirect("settings_profile")
