"""Roles: what each allows, made and changed by whoever manages people and has as much themselves."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.people import roles as verbs
from bandeja.people.access import for_agents
from bandeja.people.forms import RoleForm
from bandeja.people.guard import Beyond, LastAdministrator
from bandeja.people.models import Agent, Permission, Role
from bandeja.people.views.people import BEYOND, LAST, roles_of

NAME_TAKEN = gettext_lazy("Another role has this name. Choose a different one.")


@require_GET
@for_agents(Permission.MANAGE_PEOPLE)
def roles(request: HttpRequest, agent: Agent) -> HttpResponse:
    counted = Role.objects.filter(workspace=agent.workspace).annotate(people=Count("agents"))
    people = {role.pk: role.people for role in counted}
    shown = [(role, people.get(role.pk, 0), _is_open(agent, role)) for role in roles_of(agent)]
    return render(request, "people/roles.html", {"roles": shown})


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = RoleForm(request.POST if request.method == "POST" else None, agent=agent)
    if form.is_valid():
        try:
            made = verbs.make(agent.workspace, name=form.cleaned_data["name"], permissions=form.permissions, by=agent)
        except verbs.NameTaken:
            form.add_error("name", NAME_TAKEN)
        except Beyond:
            form.add_error(None, BEYOND)
        else:
            messages.success(request, _("The role “%(role)s” can be given now.") % {"role": made})
            return redirect("settings_roles")
    return render(request, "people/role.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def role(request: HttpRequest, agent: Agent, role_id: int) -> HttpResponse:
    """What it allows, and a place to change it."""
    mine = _role(agent, role_id)
    form = RoleForm(request.POST if request.method == "POST" else None, agent=agent, role=mine)
    if form.is_valid() and _change(form, mine, agent):
        messages.success(request, _("The role “%(role)s” was saved. It counts from now on.") % {"role": mine})
        return redirect("settings_roles")
    others = [each for each in roles_of(agent) if each != mine and agent.reaches(each)]
    context = {"form": form, "role": mine, "others": others, "people": mine.agents.count()}
    return render(request, "people/role.html", context, status=422 if form.is_bound else 200)


def _change(form: RoleForm, mine: Role, agent: Agent) -> bool:
    try:
        verbs.change(mine, name=form.cleaned_data.get("name", ""), permissions=form.permissions, by=agent)
    except verbs.NameTaken:
        form.add_error("name", NAME_TAKEN)
    except Beyond:
        form.add_error(None, BEYOND)
    except Role.DoesNotExist:
        raise Http404 from None
    return not form.errors


@require_POST
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def deletion(request: HttpRequest, agent: Agent, role_id: int) -> HttpResponse:
    """Delete a role; those who have it get the one that was chosen instead."""
    mine = _role(agent, role_id)
    instead = Role.objects.filter(workspace=agent.workspace, key=request.POST.get("instead", "")).first()
    try:
        verbs.delete(mine, by=agent, instead=instead)
    except Role.DoesNotExist:  # the sellers', or somebody else was faster
        raise Http404 from None
    except verbs.InUse:
        messages.error(request, _("People have this role. Choose which one they get instead."))
        return redirect("settings_role", mine.pk)
    except (Beyond, LastAdministrator) as refused:
        messages.error(request, BEYOND if isinstance(refused, Beyond) else LAST)
        return redirect("settings_roles")
    messages.success(request, _("The role “%(role)s” was deleted.") % {"role": mine})
    return redirect("settings_roles")


def _role(agent: Agent, role_id: int) -> Role:
    """A role of the workspace that can be changed: not the administrators', and within the agent's reach."""
    mine = get_object_or_404(Role, workspace=agent.workspace, pk=role_id)
    if not _is_open(agent, mine):
        raise Http404
    return mine


def _is_open(agent: Agent, role: Role) -> bool:
    return role.key != Role.ADMIN and agent.reaches(role)
