"""Who works here. Everybody sees it; whoever manages people invites, and changes the roles of those within reach."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bandeja.people import members
from bandeja.people.access import for_agents
from bandeja.people.forms import EMAIL_TAKEN, InviteForm
from bandeja.people.guard import Beyond, LastAdministrator
from bandeja.people.models import Agent, Permission, Role
from bandeja.people.presence import with_state

SHOWN_ONCE = "people_link"
BEYOND = gettext_lazy("Nothing was changed: that takes permissions you do not have. Ask an administrator.")
LAST = gettext_lazy("Nothing was changed: at least one active administrator must remain.")


@require_http_methods(["GET", "POST"])
@for_agents()
def people(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: the list. POST: an invitation."""
    if request.method == "POST":
        return _invite(request)
    return _page(request, agent, InviteForm(agent=agent))


@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def _invite(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = InviteForm(request.POST, agent=agent)
    if form.is_valid():
        try:
            invited = members.invite(agent.workspace, **form.cleaned_data, by=agent)
        except IntegrityError:  # another administrator invited the same person a moment ago
            form.add_error("email", EMAIL_TAKEN)
        except (Role.DoesNotExist, Beyond):  # or took the role away
            form.add_error("role", BEYOND)
        else:
            return _hand_link(request, agent, invited)
    return _page(request, agent, form, status=422)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def new_link(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Another one-time link: for who lost theirs, or their password."""
    colleague = get_object_or_404(colleagues(agent), pk=agent_id, is_active=True)
    try:
        return _hand_link(request, agent, colleague)
    except Beyond:
        messages.error(request, BEYOND)
        return redirect("settings_people")


@require_POST
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def role(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Give somebody another role."""
    colleague = get_object_or_404(colleagues(agent), pk=agent_id)
    key = get_object_or_404(Role, workspace=agent.workspace, key=request.POST.get("role", "")).key
    told = _("%(name)s has another role now.") % {"name": colleague}
    return done(request, lambda: members.change_role(colleague, key, by=agent), told)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def reactivation(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Let somebody in again."""
    colleague = get_object_or_404(colleagues(agent), pk=agent_id)
    told = _("%(name)s can sign in again.") % {"name": colleague}
    return done(request, lambda: members.reactivate(colleague, by=agent), told)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def sign_out(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """End all the sessions of somebody: of a lost phone, say."""
    colleague = get_object_or_404(colleagues(agent), pk=agent_id)
    told = _("%(name)s is signed out everywhere.") % {"name": colleague}
    return done(request, lambda: members.sign_out(colleague, by=agent), told)


@require_POST
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def second_step(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """Remove somebody's second step: of who lost their phone and their recovery codes."""
    colleague = get_object_or_404(colleagues(agent), pk=agent_id)
    told = _("%(name)s signs in with the password alone now.") % {"name": colleague}
    return done(request, lambda: members.remove_second_step(colleague, by=agent), told)


def done(request: HttpRequest, act: Callable[[], bool], told: str, then: str = "settings_people") -> HttpResponse:
    """Do it and tell; where it is refused, tell why."""
    try:
        if act():
            messages.success(request, told)
    except LastAdministrator:
        messages.error(request, LAST)
    except Beyond:
        messages.error(request, BEYOND)
    return redirect(then)


def _hand_link(request: HttpRequest, agent: Agent, invited: Agent) -> HttpResponse:
    address = members.give_link(invited, settings.PUBLIC_URL.geturl(), by=agent)
    sent = members.mail_link(invited, address)
    request.session[SHOWN_ONCE] = {"email": invited.email, "address": address, "sent": sent}
    return redirect("settings_people")


def _page(request: HttpRequest, agent: Agent, form: InviteForm, status: int = 200) -> HttpResponse:
    manages = agent.may(Permission.MANAGE_PEOPLE)
    people = with_state(colleagues(agent)).order_by("-is_active", "name", "email")
    secured = Authenticator.objects.filter(user__workspace=agent.workspace).exclude(type="recovery_codes")
    context = {
        "people": [(person, manages and agent.reaches(person.role)) for person in people],
        "secured": set(secured.values_list("user_id", flat=True)),
        "roles": [role for role in roles_of(agent) if agent.reaches(role)],
        "manages": manages,
        "agent": agent,
        "form": form,
        "link": request.session.pop(SHOWN_ONCE, None),
    }
    return render(request, "people/people.html", context, status=status)


def colleagues(agent: Agent) -> QuerySet[Agent]:
    return Agent.objects.filter(workspace=agent.workspace)


def roles_of(agent: Agent) -> list[Role]:
    """The workspace's roles: administrators, sellers, then its own by name."""
    every = Role.objects.filter(workspace=agent.workspace)
    return sorted(every, key=lambda role: (role.is_own, role.key != Role.ADMIN, role.name.casefold()))
