"""A conversation as a thread opens it, with what there is of it elsewhere: nobody looks for what there is not.

Most contacts have one conversation and no note, no field, nobody they might be: asked for one by one, each of these
is a query at every ring of the bell.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from bandeja.conversations.models import (
    ContactNote,
    ContactValue,
    Conversation,
    MergeSuggestion,
    Tagging,
)
from bandeja.inbox.rows import visible
from bandeja.mentions.models import Mention
from bandeja.people.models import Agent


@dataclass(frozen=True, slots=True)
class Has:
    """What is known of a conversation or its contact; `others` are conversations, whoever may see them."""

    values: bool
    notes: bool
    doubles: bool
    others: bool
    tags: bool
    mentions: bool
    """Of the person who opens it, that they have not seen."""


def opened_or_404(agent: Agent, conversation_id: int) -> tuple[Conversation, Has]:
    """The conversation, if this person may see it, and what there is of it; 404 otherwise."""
    there = {f"has_{name}": Exists(found) for name, found in _lookups(agent).items()}
    found = get_object_or_404(visible(agent).annotate(**there), pk=conversation_id)
    return found, Has(**{each.name: getattr(found, f"has_{each.name}") for each in fields(Has)})


def _lookups(agent: Agent) -> dict[str, QuerySet[Any, Any]]:
    contact = OuterRef("contact_id")
    either = Q(first=contact) | Q(second=contact)
    return {
        "values": ContactValue.objects.filter(contact=contact),
        "notes": ContactNote.objects.filter(contact=contact),
        "doubles": MergeSuggestion.objects.filter(either, workspace=agent.workspace_id, settled_at=None),
        "others": Conversation.objects.filter(contact=contact).exclude(pk=OuterRef("pk")),
        "tags": Tagging.objects.filter(conversation=OuterRef("pk")),
        "mentions": Mention.objects.filter(agent=agent, conversation=OuterRef("pk"), seen_at=None),
    }
