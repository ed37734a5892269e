"""What the palette finds: conversations one may see, by what a search in the list finds them by."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from bandeja.inbox.access import PartRequest, page
from bandeja.inbox.filters import Asked, Filters
from bandeja.inbox.rows import page as list_page
from bandeja.people.clock import now_for
from bandeja.people.models import Agent

SHOWN = 8


@page("GET")
def palette(request: PartRequest, agent: Agent) -> HttpResponse:
    """The newest conversations that match `q`, open or closed; none without it."""
    filters = Filters.read(request.GET)
    rows = list_page(Asked(agent, filters, now_for(agent))).rows[:SHOWN] if filters.q else []
    return render(request, "inbox/sought.html", {"rows": rows})
