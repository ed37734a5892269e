"""Contacts that a channel says may be one person: shown beside them, and settled by whoever may see both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    return _doubles(agent, contact, _open(contact).order_by("-pk")[:MOST])


def dismiss(agent: Agent, contact: Contact, suggestion_id: int) -> bool:
    """Settle that they are not one; answers whether it was open, and shown to this person."""
    suggestion = _open(contact).filter(pk=suggestion_id).first()
    if suggestion is None or not _doubles(agent, contact, [suggestion]):
        return False
    return bool(_open(contact).filter(pk=suggestion_id).update(settled_at=database_now()))


def _open(contact: Contact) -> QuerySet[MergeSuggestion]:
    both = Q(first=contact) | Q(second=contact)
    return MergeSuggestion.objects.filter(both, workspace_id=contact.workspace_id, settled_at=None)


def _doubles(agent: Agent, contact: Contact, suggestions: Iterable[MergeSuggestion]) -> Sequence[Double]:
    others = {each: each.second_id if each.first_id == contact.pk else each.first_id for each in suggestions}
    theirs = visible(agent).filter(contact_id__in=others.values()).order_by("contact_id", "-last_message_at", "-pk")
    latest = {each.contact_id: each for each in theirs.distinct("contact_id")}
    return [Double(each, latest[other]) for each, other in others.items() if other in latest]
