"""Who works here. Everybody sees it; administrators invite, change roles, deactivate."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bandeja.people import links, members
from bandeja.people.access import for_agents
from bandeja.people.forms import EMAIL_TAKEN, InviteForm
from bandeja.people.models import Agent, Permission, Role
from bandeja.people.presence import with_state

SHOWN_ONCE = "people_link"


@require_http_methods(["GET", "POST"])
@for_agents()
def people(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: the list. POST: an invitation."""
    if request.method == "POST":
        return _invite(request)
    return _page(request, agent, InviteForm())


@for_agents(Permission.MANAGE_PEOPLE)
def _invite(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            return _hand_link(request, links.make_agent(agent.workspace, **form.cleaned_data))
        except IntegrityError:  # another administrator invited the same person a moment ago
            form.add_error("email", EMAIL_TAKEN)
    return _page(request, agent, form, status=422)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def new_link(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Another one-time link: for who lost theirs, or their password."""
    return _hand_link(request, get_object_or_404(_colleagues(agent), pk=agent_id, is_active=True))


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def role(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Give somebody another role."""
    colleague = get_object_or_404(_colleagues(agent), pk=agent_id)
    key = get_object_or_404(Role, workspace=agent.workspace, key=request.POST.get("role", "")).key
    told = _("%(name)s has another role now.") % {"name": colleague}
    return _done(request, lambda: members.change_role(colleague, key), told)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def activity(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Let somebody in (`active=yes`) or out."""
    colleague = get_object_or_404(_colleagues(agent), pk=agent_id)
    if request.POST.get("active") == "yes":
        told = _("%(name)s can sign in again.") % {"name": colleague}
        return _done(request, lambda: members.reactivate(colleague), told)
    told = _("%(name)s cannot sign in any more. Their conversations stay theirs until you hand them over.")
    return _done(request, lambda: members.deactivate(colleague), told % {"name": colleague})


def _done(request: HttpRequest, act: Callable[[], bool], told: str) -> HttpResponse:
    try:
        if act():
            messages.success(request, told)
    except members.LastAdministrator:
        messages.error(request, _("Nothing was changed: at least one active administrator must remain."))
    return redirect("settings_people")


def _hand_link(request: HttpRequest, invited: Agent) -> HttpResponse:
    address = links.link(invited, settings.PUBLIC_URL.geturl())
    sent = members.mail_link(invited, address)
    request.session[SHOWN_ONCE] = {"email": invited.email, "address": address, "sent": sent}
    return redirect("settings_people")


def _page(request: HttpRequest, agent: Agent, form: InviteForm, status: int = 200) -> HttpResponse:
    context = {
        "people": with_state(_colleagues(agent)).select_related("role").order_by("-is_active", "name", "email"),
        "roles": Role.objects.filter(workspace=agent.workspace).order_by("key"),
        "manages": agent.may(Permission.MANAGE_PEOPLE),
        "agent": agent,
        "form": form,
        "link": request.session.pop(SHOWN_ONCE, None),
    }
    return render(request, "people/people.html", context, status=status)


def _colleagues(agent: Agent) -> QuerySet[Agent]:
    return Agent.objects.filter(workspace=agent.workspace)
