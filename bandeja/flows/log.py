"""The log of runs: of a flow, for whoever manages it, and of a conversation, for whoever may see that."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows import flows as verbs
from bandeja.flows.story import SHOWN, seen_by, tell
from bandeja.flows.views import MANAGES, mine_or_404
from bandeja.people.access import for_agents
from bandeja.people.clock import database_now
from bandeja.people.models import Agent


@require_GET
@MANAGES
def runs(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """The latest runs of a flow, in conversations that the person may see."""
    flow = mine_or_404(agent, flow_id)
    found = seen_by(agent).filter(flow=flow).order_by("-pk")[:SHOWN]
    context = {"flow": flow, "told": tell(found, agent.workspace), "now": database_now()}
    return render(request, "flows/runs.html", context)


@require_GET
@for_agents()
def conversation(request: HttpRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """What flows did in a conversation."""
    mine = get_object_or_404(_visible(agent).select_related("contact"), pk=conversation_id)
    found = seen_by(agent).filter(conversation=mine).order_by("-pk")[:SHOWN]
    context = {"conversation": mine, "told": tell(found, agent.workspace), "now": database_now()}
    return render(request, "flows/conversation.html", context)


@require_POST
@MANAGES
def going(request: HttpRequest, agent: Agent, run_id: int) -> HttpResponse:
    """Let a run that is held back go on."""
    run = get_object_or_404(seen_by(agent), pk=run_id)
    if verbs.go_on(run):
        messages.success(request, _("It goes on from where it was."))
    return redirect("flows:runs", run.flow_id)


@require_POST
@MANAGES
def ending(request: HttpRequest, agent: Agent, run_id: int) -> HttpResponse:
    """End a run that is not over."""
    run = get_object_or_404(seen_by(agent), pk=run_id)
    if verbs.end(run):
        messages.success(request, _("It ended."))
    return redirect("flows:runs", run.flow_id)


def _visible(agent: Agent) -> QuerySet[Conversation]:
    return Scope.of(agent).filter(Conversation.objects.all())
