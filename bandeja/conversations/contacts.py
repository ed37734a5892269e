"""What people do to a contact: edit, note, block, unblock. Merging is in `merge`, erasing in `erase`.

Whoever calls has found the contact through a conversation they may see: that look-up is the authorisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from bandeja.channels.reading import clean, is_visible
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.models import (
    Contact,
    ContactField,
    ContactNote,
    ContactValue,
    Conversation,
    Event,
    EventKind,
)
from bandeja.people.clock import database_now

PROFILE = ("name", "email", "phone")
OWN = (*PROFILE, "kind")
"""The details every contact has; those of the workspace's own fields are called by the field's id."""
NOTE_LENGTH = 5_000

Details = Mapping[str, str]
"""What is known of a contact: `name`, `email`, `phone`, `kind`, and a field's id as text. Blank is not known."""


class Conflict(Exception):
    """Somebody changed the same details since they were seen; `theirs` is how those are now. Nothing was written."""

    def __init__(self, theirs: Details) -> None:
        super().__init__(f"Changed meanwhile: {', '.join(theirs)}.")
        self.theirs = theirs


class BlankNote(ValueError):
    """A note needs something to read."""


def details(contact: Contact) -> dict[str, str]:
    """What is known of a contact now, blanks included for what every contact has."""
    own = {name: str(getattr(contact, name)) for name in OWN}
    return own | {str(each.field_id): each.value for each in ContactValue.objects.filter(contact=contact)}


def edit(contact_id: int, told: Details, *, seen: Details) -> list[str]:
    """Write down what was changed of a contact; answers the details that are different now.

    `told` is what the form says and `seen` what it said when it was opened: only the difference is written, so two
    people who change different details both have their way. Fields that are no more are passed over.
    Raises Conflict, Contact.DoesNotExist.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
        known = hold_fields(contact.workspace_id)
        before = details(contact)
        news = {
            key: value
            for key, value in told.items()
            if (key in OWN or key in known) and value != seen.get(key, "") and value != before.get(key, "")
        }
        if theirs := {key: before.get(key, "") for key in news if before.get(key, "") != seen.get(key, "")}:
            raise Conflict(theirs)
        _write(contact, news)
        ring([contact.workspace_id], conversations_of(contact))
    return list(news)


def note(contact: Contact, text: str, *, by: Actor, at: datetime | None = None) -> ContactNote:
    """Write something down about a contact. Raises BlankNote, Contact.DoesNotExist."""
    text = clean(text).replace("\r\n", "\n").strip()[:NOTE_LENGTH]
    if not is_visible(text):
        raise BlankNote("A note needs a text.")
    with transaction.atomic():
        # Held, so that they are not merged or erased between this and the commit.
        held = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        written = ContactNote.objects.create(contact=held, author_id=by.agent_id, text=text, at=at or database_now())
        ring([contact.workspace_id], conversations_of(contact))
    return written


def block(contact_id: int, *, by: Actor, at: datetime | None = None) -> bool:
    """From now on what they write is kept and opens nothing (closing C4). Answers whether they were not blocked.

    Raises Contact.DoesNotExist.
    """
    return _block(contact_id, EventKind.CONTACT_BLOCKED, by, at)


def unblock(contact_id: int, *, by: Actor, at: datetime | None = None) -> bool:
    """What they write counts again, from now on. Answers whether they were blocked. Raises Contact.DoesNotExist."""
    return _block(contact_id, EventKind.CONTACT_UNBLOCKED, by, at)


def conversations_of(contact: Contact) -> list[int]:
    """The ids of all their conversations, in order."""
    return list(Conversation.objects.filter(contact=contact).order_by("pk").values_list("pk", flat=True))


def hold_fields(workspace_id: int) -> set[str]:
    """The workspace's fields, held after their contacts: none is deleted while it is written to."""
    fields = ContactField.objects.select_for_update(no_key=True).filter(workspace_id=workspace_id)
    return {str(field.pk) for field in fields.order_by("pk")}


def _write(contact: Contact, news: Details) -> None:
    own = {key: value for key, value in news.items() if key in OWN}
    if own:
        Contact.objects.filter(pk=contact.pk).update(**own)
    for key, value in sorted(news.items()):
        if key in OWN:
            continue
        if value:
            ContactValue.objects.update_or_create(contact=contact, field_id=int(key), defaults={"value": value})
        else:
            ContactValue.objects.filter(contact=contact, field_id=int(key)).delete()


def _block(contact_id: int, kind: EventKind, by: Actor, at: datetime | None) -> bool:
    """Set or clear it, and tell it in each of their conversations; what is so already stays untold."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
        blocks = kind == EventKind.CONTACT_BLOCKED
        if blocks == (contact.blocked_at is not None):
            return False
        now = at or database_now()
        Contact.objects.filter(pk=contact_id).update(blocked_at=now if blocks else None)
        _tell(contact, kind, by, now)
    return True


def _tell(contact: Contact, kind: EventKind, by: Actor, at: datetime) -> None:
    held: Sequence[int] = list(
        Conversation.objects.select_for_update(no_key=True)
        .filter(contact=contact)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Event.objects.bulk_create(
        Event(
            workspace_id=contact.workspace_id,
            conversation_id=pk,
            kind=kind,
            at=at,
            actor_kind=by.kind,
            actor_id=by.id,
        )
        for pk in held
    )
    ring([contact.workspace_id], held)
