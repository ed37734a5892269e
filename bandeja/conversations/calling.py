"""Calling people to a conversation: an event that their notifications are made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bandeja.channels.reading import clean
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Conversation, Event, EventKind
from bandeja.conversations.scope import Scope
from bandeja.people.clock import database_now

TEXT_LENGTH = 500


def call(
    conversation_id: int, agents: Sequence[int], text: str, *, scope: Scope, by: Actor, at: datetime | None = None
) -> None:
    """Ask agents to look at a conversation, with a word why. Raises Conversation.DoesNotExist out of reach."""
    with transaction.atomic():
        reach = scope.filter(Conversation.objects.select_for_update(no_key=True))
        conversation = reach.get(pk=conversation_id)
        Event.objects.create(
            workspace_id=conversation.workspace_id,
            conversation=conversation,
            kind=EventKind.AGENTS_CALLED,
            at=at or database_now(),
            actor_kind=by.kind,
            actor_id=by.id,
            data={"agents": list(agents), "text": clean(text).strip()[:TEXT_LENGTH]},
        )
        ring([conversation.workspace_id], [conversation.pk])
