"""One contact and all that is kept of them: handed out as a document, or erased.

Erasing is one transaction behind the gates of their accounts, as merging is. The database notes the keys of files
whose rows go (migration 0001 of media), and pruning removes them. Deliveries as channels made them are kept for
`BANDEJA_RECEIPT_DAYS` whatever is in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bandeja.channels import gate
from bandeja.conversations import tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.identities import address_of
from bandeja.conversations.models import (
    Annotation,
    Attachment,
    Contact,
    Conversation,
    Erasure,
    Identity,
    Message,
)
from bandeja.conversations.scope import Scope
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject


class OutOfReach(Exception):
    """Some of their conversations lie outside what the person may see."""


def reachable(contact: Contact, scope: Scope) -> bool:
    """Whether all of their conversations lie within `scope`: who exports or erases must see what it is."""
    theirs = Conversation.objects.filter(contact=contact)
    return scope.filter(theirs).count() == theirs.count()


def erase(contact_id: int, *, scope: Scope, by: Actor, at: datetime | None = None) -> Erasure:
    """Erase a contact: what they are called, what was said, files, notes and closings. What they write afterwards
    makes a new contact. Answers what is kept: that it was done, by whom, and how much it was.

    Raises OutOfReach, Contact.DoesNotExist.
    """
    with transaction.atomic():
        contact, conversations = _hold(contact_id, scope)
        erasure = Erasure(
            workspace_id=contact.workspace_id,
            contact_id=contact_id,
            agent_id=by.agent_id,
            at=at or database_now(),
            conversations=len(conversations),
            messages=Message.objects.filter(conversation_id__in=conversations).count(),
            files=_files(conversations).count(),
        )
        _annotations(contact, conversations)
        contact.delete()
        erasure.save()
        _record(erasure)
        ring([contact.workspace_id], conversations, gone=conversations)
    return erasure


def _record(erasure: Erasure) -> None:
    """For the audit log; how much it was, and nothing of it."""
    much = {"conversations": erasure.conversations, "messages": erasure.messages, "files": erasure.files}
    by = Agent.objects.filter(pk=erasure.agent_id or 0).first()
    about: dict[str, Any] = {"workspace_id": erasure.workspace_id, "name": "", "at": erasure.at}
    audit.record(Subject.CONTACT, erasure.contact_id, Action.ERASED, by=by, before=much, **about)


def _hold(contact_id: int, scope: Scope) -> tuple[Contact, list[int]]:
    """The contact and their conversations, locked behind the gates of their accounts."""
    known = Identity.objects.filter(contact_id=contact_id)
    gate.enter_alone({*known.values_list("account_id", flat=True)})
    list(known.select_for_update().order_by("pk").values_list("pk"))
    # Not its key, which whoever holds a conversation may ask for at the commit.
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id, workspace_id=scope.workspace_id)
    theirs = Conversation.objects.filter(contact=contact).select_for_update().order_by("pk")
    conversations = list(theirs.values_list("pk", flat=True))
    if not reachable(contact, scope):
        raise OutOfReach("Some of their conversations are out of reach.")
    for _ in _messages(conversations).order_by("pk").select_for_update().values_list("pk").iterator(chunk_size=2_000):
        pass
    tags.hold(conversations)
    return contact, conversations


def _messages(conversations: list[int]) -> QuerySet[Message]:
    return Message.objects.filter(conversation_id__in=conversations)


def _files(conversations: list[int]) -> QuerySet[Attachment]:
    return Attachment.objects.filter(message__conversation_id__in=conversations).exclude(file="")


def _annotations(contact: Contact, conversations: list[int]) -> None:
    """Reactions and edits, which know their message only by what the channel calls it: theirs, and those of ours."""
    told = _messages(conversations).exclude(external_id=None).values_list("account_id", "external_id")
    by_account: dict[int, list[str]] = {}
    for account_id, external_id in told.iterator(chunk_size=2_000):
        by_account.setdefault(account_id, []).append(str(external_id))
    for account_id, targets in by_account.items():
        Annotation.objects.filter(account_id=account_id, target__in=targets).delete()
    for name in Identity.objects.filter(contact=contact):
        Annotation.objects.filter(account_id=name.account_id, actor=address_of((name.kind, name.value))).delete()
