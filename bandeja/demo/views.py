"""The button in an empty inbox."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from bandeja.demo import make
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission


@require_POST
@for_agents(Permission.MANAGE_PEOPLE)
def demo(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Load the demo into the administrator's own workspace, and say what was done."""
    try:
        messages.success(request, make.load(agent.workspace))
    except make.Refused as refused:
        messages.error(request, str(refused))
    return redirect("inbox:inbox")
