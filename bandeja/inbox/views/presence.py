"""The collision notice: a page says what its person is doing in a conversation."""

from __future__ import annotations

from django.http import HttpResponse

from bandeja.inbox.access import PartRequest, conversation_or_404, page
from bandeja.people.models import Agent
from bandeja.realtime.presence import DOING, tell


@page("POST")
def presence(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """Pass on that they are `viewing` or `writing`, or have `gone`; nothing is kept of it."""
    conversation = conversation_or_404(agent, conversation_id)
    doing = request.POST.get("doing")
    if doing not in DOING:
        return HttpResponse(status=422)
    tell(agent, conversation, doing)
    return HttpResponse(status=204)
