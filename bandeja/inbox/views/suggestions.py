"""What the composer suggests while one types: quick replies after a slash, people after an @ in a note."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from bandeja.inbox.access import PartRequest, conversation_or_404, page
from bandeja.mentions import naming
from bandeja.people.models import Agent
from bandeja.quickreplies import finding
from bandeja.quickreplies.variables import fill

LONGEST = 40


@page("GET")
def replies(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """Quick replies that `q` finds, each filled in for this conversation."""
    conversation = conversation_or_404(agent, conversation_id)
    found = finding.found(agent, request.GET.get("q", "")[:LONGEST])
    filled = [(reply, fill(reply.text, conversation.contact, agent)) for reply in found]
    return render(request, "inbox/suggested_replies.html", {"replies": filled})


@page("GET")
def people(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """Those who may be named in a note about this conversation."""
    conversation = conversation_or_404(agent, conversation_id)
    found = naming.offered(conversation, request.GET.get("q", "")[:LONGEST], to=agent)
    return render(request, "inbox/suggested_people.html", {"people": found})
