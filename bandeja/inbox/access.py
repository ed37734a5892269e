"""Who is asking: every view of the inbox is for a signed-in agent, and looks things up through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Contact, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.rows import visible
from bandeja.people.access import for_agents
from bandeja.people.models import Agent

View = Callable[..., HttpResponse]


class PartRequest(HttpRequest):
    """A request perhaps for a part of the page only."""

    htmx: HtmxDetails


def page(*methods: str) -> Callable[[View], View]:
    """A view for signed-in agents that answers these methods only, with a page or a part of it.

    What is gone by the time a verb locks it (merged, erased, given to somebody else) is a 404 like what never was.
    """

    def decorate(view: View) -> View:
        guarded = for_agents()(require_http_methods(methods)(view))

        def answer(request: HttpRequest, **names: int) -> HttpResponse:
            try:
                response = guarded(request, **names)
            except (Contact.DoesNotExist, Conversation.DoesNotExist) as gone:
                raise Http404 from gone
            patch_vary_headers(response, ["HX-Request"])  # or a cache mixes up the page and its parts
            return response

        return answer

    return decorate


def wants_part(request: PartRequest) -> bool:
    """Whether htmx asks for a part of the page; one restored from history is asked for whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def acting(agent: Agent) -> dict[str, Any]:
    """What every verb is told of the person: what they may reach, and that it is them."""
    return {"scope": Scope.of(agent), "by": Actor.agent(agent)}


def conversation_or_404(agent: Agent, conversation_id: int) -> Conversation:
    """The conversation, if this person may see it; 404 otherwise, as if it did not exist."""
    return get_object_or_404(visible(agent), pk=conversation_id)
