"""One contact and all that is kept of them, as a document that other programs read too: JSON, a piece at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from bandeja.conversations.models import Attachment, Contact, ContactValue, Conversation, FileState, Message
from bandeja.conversations.tags import tags_of

AT_ONCE = 500


def document(contact: Contact, *, at: datetime, address: str) -> Iterator[str]:
    """The document in pieces; `at` is when it was made, `address` of this installation, for the files' own.

    Conversations and files may be many, so their rows come one by one.
    """
    yield f'{{"made_at": {_json(at)},\n"contact": {_json(_contact(contact))},\n"conversations": ['
    conversations = Conversation.objects.filter(contact=contact).select_related("account", "owner").order_by("pk")
    yield from _joined(_conversation(conversation) for conversation in conversations)
    yield '],\n"files": ['
    files = Attachment.objects.filter(message__conversation__contact=contact, state=FileState.STORED).order_by("pk")
    yield from _joined(iter([_json(_file(each, address))]) for each in files.iterator(AT_ONCE))
    yield "]}\n"


def _contact(contact: Contact) -> dict[str, Any]:
    values = ContactValue.objects.filter(contact=contact).select_related("field").order_by("field_id")
    notes = contact.notes.select_related("author").order_by("at")
    return {
        "id": contact.pk,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "kind": contact.kind,
        "created_at": contact.created_at,
        "blocked_at": contact.blocked_at,
        "fields": {each.field.name: each.value for each in values},
        "identities": [
            {"account": each.account.name, "channel": each.account.channel, "kind": each.kind, "value": each.value}
            for each in contact.identities.select_related("account").order_by("pk")
        ],
        "notes": [{"at": each.at, "author": str(each.author or ""), "text": each.text} for each in notes],
    }


def _kept(conversation: Conversation) -> dict[str, Any] | None:
    if conversation.kept_at is None:
        return None
    said = {"since": conversation.kept_at, "until": conversation.kept_until, "reason": conversation.kept_reason}
    return {**said, "snoozed": conversation.snoozed_at is not None}


def _conversation(conversation: Conversation) -> Iterator[str]:
    head = {
        "id": conversation.pk,
        "account": conversation.account.name,
        "channel": conversation.account.channel,
        "status": conversation.status,
        "owner": str(conversation.owner or ""),
        "created_at": conversation.created_at,
        "tags": [tag.name for tag in tags_of([conversation.pk]).get(conversation.pk, ())],
        "kept_open": _kept(conversation),
        "closings": list(conversation.closures.order_by("closed_at").values("closed_at", "reason", "cause")),
    }
    yield f'{_json(head)[:-1]},\n"messages": ['
    messages = conversation.messages.select_related("author").order_by("at", "pk").iterator(AT_ONCE)
    yield from _joined(iter([_json(_message(message))]) for message in messages)
    yield "]}"


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk,
        "at": message.at,
        "direction": message.direction,
        "kind": message.kind,
        "author": str(message.author or message.author_kind),
        "text": message.text,
        "data": message.data,
    }


def _file(attachment: Attachment, address: str) -> dict[str, Any]:
    return {
        "message": attachment.message_id,
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "address": f"{address}{reverse('media:file', args=[attachment.pk])}",
    }


def _joined(items: Iterator[Iterator[str]]) -> Iterator[str]:
    """Items of a list, each in pieces, with commas between them."""
    comma = ""
    for pieces in items:
        yield comma
        yield from pieces
        comma = ",\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_instant)


def _instant(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no place in a document")
