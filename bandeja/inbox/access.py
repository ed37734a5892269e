"""Who is asking: every view of the inbox is for a signed-in agent, and looks things up through them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from bandeja.conversations.models import Conversation
from bandeja.inbox.rows import visible
from bandeja.people.models import Agent

View = Callable[..., HttpResponse]


class AgentRequest(HttpRequest):
    """A request by a signed-in agent, perhaps for a part of the page."""

    user: Agent
    htmx: HtmxDetails


def page(*methods: str) -> Callable[[View], View]:
    """A view for signed-in agents that answers these methods only."""

    def decorate(view: View) -> View:
        guarded: View = require_http_methods(methods)(login_required(view))

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = guarded(request, *args, **kwargs)
            # The same address answers a page and a part of it: a cache must not mix them up.
            response.headers["Vary"] = "HX-Request, Cookie"
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return answer

    return decorate


def wants_part(request: AgentRequest) -> bool:
    """Whether htmx asks for a part of the page; one restored from history is asked for whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def conversation_or_404(agent: Agent, conversation_id: int) -> Conversation:
    """The conversation, if this person may see it; 404 otherwise, as if it did not exist."""
    return get_object_or_404(visible(agent), pk=conversation_id)
