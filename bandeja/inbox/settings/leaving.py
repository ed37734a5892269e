"""Somebody leaves: they are deactivated, and what they owned goes to a colleague, or to nobody."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Status
from bandeja.conversations.scope import Scope
from bandeja.people import members
from bandeja.people.access import for_agents
from bandeja.people.guard import Beyond, LastAdministrator
from bandeja.people.models import Agent, Permission
from bandeja.people.views.people import BEYOND, LAST

BATCH = 1_000


class LeavingForm(forms.Form):
    """Who gets what `leaver` owned. Closed conversations too: whoever writes in one again must find somebody."""

    owner = forms.ModelChoiceField(
        Agent.objects.none(),
        label=gettext_lazy("Their conversations go to"),
        empty_label=gettext_lazy("Nobody"),
        required=False,
    )
    closed = forms.BooleanField(
        label=gettext_lazy("The closed ones too, so that who writes again is answered"), required=False, initial=True
    )

    def __init__(self, data: QueryDict | None, *, agent: Agent, leaver: Agent) -> None:
        super().__init__(data)
        colleagues = Agent.objects.filter(workspace_id=agent.workspace_id, is_active=True).exclude(pk=leaver.pk)
        if not agent.may(Permission.SEE_ALL):  # nobody gives themselves to see what they do not
            colleagues = colleagues.exclude(pk=agent.pk)
        self.fields["owner"].queryset = colleagues.order_by("name", "email")  # type: ignore[attr-defined]  # a field of rows


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_PEOPLE, confirmed=True)
def leaving(request: HttpRequest, agent: Agent, agent_id: int) -> HttpResponse:
    """GET: asks who gets what. POST: deactivates, if need be, and hands over."""
    leaver = get_object_or_404(Agent, workspace=agent.workspace, pk=agent_id)
    form = LeavingForm(request.POST if request.method == "POST" else None, agent=agent, leaver=leaver)
    if form.is_valid():
        return _let_go(request, agent, leaver, form)
    context = {
        "form": form,
        "leaver": leaver,
        "open": _owned(leaver).filter(status=Status.OPEN).count(),
        "closed": _owned(leaver).filter(status=Status.CLOSED).count(),
        "within": agent.reaches(leaver.role),
    }
    return render(request, "settings/leaving.html", context, status=422 if form.is_bound else 200)


def _let_go(request: HttpRequest, agent: Agent, leaver: Agent, form: LeavingForm) -> HttpResponse:
    """First the door, so that nothing more can be given to who leaves; then what they had."""
    try:
        members.deactivate(leaver, by=agent)
    except (Beyond, LastAdministrator) as refused:
        messages.error(request, BEYOND if isinstance(refused, Beyond) else LAST)
        return redirect("settings_people")
    to: Agent | None = form.cleaned_data["owner"]
    try:
        moved = hand_over(leaver, to, by=agent, closed=form.cleaned_data["closed"])
    except lifecycle.UnknownOwner:
        messages.error(request, _("Nothing was handed over: that person was deactivated meanwhile. Choose another."))
        return redirect("settings_person_leaving", leaver.pk)
    told = _("%(name)s cannot sign in any more.") % {"name": leaver}
    handed = ngettext("%(n)d conversation handed over.", "%(n)d conversations handed over.", moved) % {"n": moved}
    messages.success(request, f"{told} {handed}" if moved else told)
    return redirect("settings_people")


def hand_over(leaver: Agent, to: Agent | None, *, by: Agent, closed: bool) -> int:
    """Give what `leaver` owns to a colleague or to nobody, in batches; answers how many changed hands.

    Cut short, it goes on where it was when it is called again. Raises UnknownOwner.
    """
    # Theirs alone, and whatever `by` may see of it: what somebody else got meanwhile is not touched.
    scope = Scope(leaver.workspace_id, leaver.pk)
    theirs = _owned(leaver) if closed else _owned(leaver).filter(status=Status.OPEN)
    moved = 0
    while rows := list(theirs.order_by("-last_message_at", "-pk").values_list("pk", "team_id")[:BATCH]):
        given = sum(_give(rows, team_id, to, scope, by) for team_id in {team_id for _pk, team_id in rows})
        moved += given
        if not given:
            break  # others were faster with all of them
    return moved


def _give(
    rows: Sequence[tuple[int, int | None]], team_id: int | None, to: Agent | None, scope: Scope, by: Agent
) -> int:
    """Those of a team; given to nobody, they wait within it."""
    ids = [pk for pk, team in rows if team == team_id]
    aim = lifecycle.To(to.pk) if to else lifecycle.To(None, team_id, exactly=True)
    return len(lifecycle.transfer(ids, aim, scope=scope, by=Actor.agent(by)).changed)


def _owned(leaver: Agent) -> QuerySet[Conversation]:
    return Conversation.objects.filter(workspace_id=leaver.workspace_id, owner=leaver)
