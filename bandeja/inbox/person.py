"""What the panel says of a contact, whichever of their conversations is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from bandeja.channels.models import ChannelKey
from bandeja.conversations.models import Contact, ContactNote, ContactValue, Conversation, Identity
from bandeja.inbox.contact_form import shown
from bandeja.inbox.doubles import doubles
from bandeja.inbox.opened import Has
from bandeja.inbox.rows import visible
from bandeja.people.models import Agent, Permission

OTHERS = 5
NAMES = 8
NOTES = 20


@dataclass(frozen=True, slots=True)
class Value:
    """What a field of the workspace's own says of them."""

    name: str
    value: str


def person(agent: Agent, conversation: Conversation, has: Has) -> dict[str, Any]:
    """Everything the panel shows besides the conversation itself."""
    contact = conversation.contact
    same_person = visible(agent).filter(contact_id=contact.pk).exclude(pk=conversation.pk)
    return {
        "contact": contact,
        "identities": _identities(contact),
        "values": _values(contact) if has.values else (),
        "notes": _notes(agent, contact) if has.notes else (),
        "doubles": doubles(agent, contact) if has.doubles else (),
        "others": same_person.order_by("-last_message_at")[:OTHERS] if has.others else (),
    }


def removable(agent: Agent, contact: Contact) -> QuerySet[ContactNote]:
    """Those notes of a contact that this person may take away: their own, or all for who may erase the contact."""
    notes = ContactNote.objects.filter(contact=contact)
    return notes if agent.may(Permission.ERASE_CONTACTS) else notes.filter(author=agent)


def _identities(contact: Contact) -> Sequence[Identity]:
    """What channels call them, but for web chat: its visitors' names say nothing to people."""
    known = Identity.objects.filter(contact=contact).exclude(account__channel=ChannelKey.WEBCHAT)
    return list(known.select_related("account").order_by("pk")[:NAMES])


def _values(contact: Contact) -> list[Value]:
    known = ContactValue.objects.filter(contact=contact).select_related("field").order_by("field_id")
    return [Value(each.field.name, shown(each.field, each.value)) for each in known]


def _notes(agent: Agent, contact: Contact) -> list[tuple[ContactNote, bool]]:
    """The latest first, each with whether this person may take it away."""
    all_of_them = agent.may(Permission.ERASE_CONTACTS)
    found = ContactNote.objects.filter(contact=contact).select_related("author").order_by("-at", "-pk")[:NOTES]
    return [(note, all_of_them or note.author_id == agent.pk) for note in found]
