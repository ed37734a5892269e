"""Why a conversation closes by itself, or does not, or did: in a dialog of the thread, or on a page of its own."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from bandeja.closing.why import explain
from bandeja.inbox import explained
from bandeja.inbox.access import PartRequest, conversation_or_404, page, wants_part
from bandeja.people.models import Agent


@page("GET")
def why(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """The story of its clock, for whoever may see it."""
    conversation = conversation_or_404(agent, conversation_id)
    found = explain(conversation)
    context = {"conversation": conversation, "stands": found.stands, "told": explained.tell(found)}
    return render(request, "inbox/why_dialog.html" if wants_part(request) else "inbox/why.html", context)
