"""The workspace: its name, language, time zone and plan."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bandeja.people import audit
from bandeja.people.access import for_agents
from bandeja.people.forms import IdleForm, WorkspaceForm
from bandeja.people.models import Action, Agent, Permission, Subject, Workspace


@require_http_methods(["GET", "POST"])
@for_agents()
def workspace(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: as it is; whoever may not change it reads it. POST: saved, the named columns alone."""
    if request.method == "POST":
        return _save(request)
    return _page(request, agent, WorkspaceForm(workspace=agent.workspace))


@for_agents(Permission.MANAGE_PEOPLE)
def _save(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = WorkspaceForm(request.POST, workspace=agent.workspace)
    if not form.is_valid():
        return _page(request, agent, form)
    _keep(agent, form)
    messages.success(request, _("The workspace was saved."))
    return redirect("settings_workspace")


def _keep(agent: Agent, form: WorkspaceForm) -> None:
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=agent.workspace_id)
        before = model_to_dict(workspace, list(form.fields))
        Workspace.objects.filter(pk=workspace.pk).update(**form.cleaned_data)
        audit.record(
            Subject.WORKSPACE,
            workspace,
            Action.CHANGED,
            workspace_id=workspace.pk,
            name=form.cleaned_data["name"],
            by=agent,
            before=before,
            after=form.cleaned_data,
        )


def _page(request: HttpRequest, agent: Agent, form: WorkspaceForm) -> HttpResponse:
    manages = agent.may(Permission.MANAGE_PEOPLE)
    for field in form.fields.values():
        field.disabled = not manages
    context = {
        "form": form,
        "manages": manages,
        "idle_form": IdleForm(workspace=agent.workspace),
        "workspace": agent.workspace,
        "contact_link": settings.BANDEJA_CONTACT_LINK,
    }
    return render(request, "people/workspace.html", context, status=422 if form.is_bound else 200)
