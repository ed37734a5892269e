"""Contacts that a channel says may be one person: shown beside them, and settled by whoever may see both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from bandeja.conversations.models import Contact, Conversation, MergeSuggestion
from bandeja.inbox.rows import visible
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

MOST = 3


@dataclass(frozen=True, slots=True)
class Double:
    """A suggestion, as one of the two sees it: `conversation` is the other's latest that the person may see."""

    suggestion: MergeSuggestion
    conversation: Conversation


def doubles(agent: Agent, contact: Contact) -> Sequence[Double]:
    """Who else this contact may be; nobody of whom this person may see nothing."""
    found = (_double(agent, contact, each) for each in _open(contact).order_by("-pk")[:MOST])
    return [double for double in found if double]


def dismiss(agent: Agent, contact: Contact, suggestion_id: int) -> bool:
    """Settle that they are not one; answers whether it was open, and shown to this person."""
    suggestion = _open(contact).filter(pk=suggestion_id).first()
    if suggestion is None or _double(agent, contact, suggestion) is None:
        return False
    return bool(_open(contact).filter(pk=suggestion_id).update(settled_at=database_now()))


def _open(contact: Contact) -> QuerySet[MergeSuggestion]:
    both = Q(first=contact) | Q(second=contact)
    return MergeSuggestion.objects.filter(both, workspace_id=contact.workspace_id, settled_at=None)


def _double(agent: Agent, contact: Contact, suggestion: MergeSuggestion) -> Double | None:
    other = suggestion.second_id if suggestion.first_id == contact.pk else suggestion.first_id
    latest = visible(agent).filter(contact_id=other).order_by("-last_message_at", "-pk").first()
    return Double(suggestion, latest) if latest else None
