"""Who did one thing in a conversation, by name, and what it was: where the whole thread is not at hand."""

from __future__ import annotations

from bandeja.conversations.models import ActorKind, Closure, Conversation, Event
from bandeja.flows.story import names as flows_of
from bandeja.inbox import markers
from bandeja.people.models import Agent


def who(conversation: Conversation, kind: str, key: int | None) -> str:
    """Whoever did it."""
    return markers.actor(kind, key, _names(conversation, kind, key), str(conversation.contact))


def event(conversation: Conversation, happened: Event) -> tuple[str, str]:
    """The icon and the sentence of what happened, as the thread tells it."""
    names = _names(conversation, happened.actor_kind, happened.actor_id)
    return markers.sentence(happened, None, names, str(conversation.contact))


def how_it_closed(closure: Closure, conversation: Conversation) -> str:
    """Who or which rule closed it, and why."""
    return markers.closed(closure, who(conversation, closure.actor_kind, closure.actor_id))


def _names(conversation: Conversation, kind: str, key: int | None) -> markers.Names:
    agents = Agent.objects.filter(workspace_id=conversation.workspace_id, pk=key or 0)
    names = markers.Names({agent.pk: str(agent) for agent in agents} if kind == ActorKind.AGENT else {})
    if kind == ActorKind.FLOW and key:
        names.flows = flows_of([key])
    return names
