"""Writing to the contact, or a note about them: `lifecycle.reply` and `lifecycle.send_again`.

What a channel must be told is written as queued, with an Outgoing row beside it in the same transaction; the send
lane takes it from there. Where nothing is sent (web chat, the API) a message is simply there, and has no state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from bandeja.channels import registry
from bandeja.channels.contract import State
from bandeja.channels.reading import clean
from bandeja.channels.sending import Sender
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.models import (
    ActorKind,
    Attachment,
    Conversation,
    Direction,
    Event,
    EventKind,
    FileState,
    Message,
    Outgoing,
    Status,
)
from bandeja.conversations.opening import open_again
from bandeja.conversations.parts import WHOLE, FileRefused, Part, Upload, parts, whole
from bandeja.conversations.scope import Scope
from bandeja.conversations.unheard import wrote
from bandeja.conversations.window import require_window
from bandeja.people.clock import database_now

__all__ = ["FileRefused", "NotAnswerable", "Replied", "Upload", "reply", "send_again"]

OUTBOX_BELL = "bandeja_outbox"
"""The NOTIFY channel that wakes the send lane."""


class NotAnswerable(ValueError):
    """The message replied to is not of this conversation, or the channel has no id of it."""


@dataclass(frozen=True, slots=True)
class Replied:
    """The messages, in order, and whether this call wrote them: a repeated `client_id` writes nothing."""

    messages: Sequence[Message]
    written: bool

    @property
    def message(self) -> Message:
        """The first, and mostly the only one."""
        return self.messages[0]


@dataclass(frozen=True, slots=True)
class _Writing:
    """What every message of one reply shares."""

    conversation: Conversation
    by: Actor
    at: datetime
    direction: Direction
    sender: Sender | None


def reply(
    conversation_id: int,
    text: str = "",
    *,
    scope: Scope,
    by: Actor,
    at: datetime | None = None,
    client_id: UUID | None = None,
    note: bool = False,
    reopen: bool | None = None,
    data: Mapping[str, Any] | None = None,
    reply_to: int | None = None,
    uploads: Sequence[Upload] = (),
) -> Replied:
    """Write to the contact, or a note about them; it moves no clock of theirs (closing C2), and starts ours (N2).

    An agent's reply opens a closed conversation; a machine's only with `reopen=True` (closing E2); a note never.
    A `client_id` seen before in this conversation answers the messages it wrote then. `data` is a template,
    buttons or a location, as in `Outbound`; `reply_to` the id of the message it answers. A channel may take it only
    in several messages: they are written together, or none is.
    Raises Conversation.DoesNotExist out of reach, ValueError when there is nothing to send, NotAnswerable,
    FileRefused, and WindowClosed when it is too late to write freely, which a template may always.
    """
    text, data = clean(text).strip(), data or {}
    if not (text or uploads or data.keys() & WHOLE):
        raise ValueError("A message needs a text.")
    with transaction.atomic():
        conversation = _locked(scope, pk=conversation_id)
        sender = None if note else registry.sender(conversation.account.channel)
        pieces = parts(text, data, uploads, sender) if sender else [whole(text, data, uploads)]
        client_ids = _client_ids(client_id, len(pieces))
        if client_id and (sent := list(conversation.messages.filter(client_id__in=client_ids).order_by("id"))):
            return Replied(sent, written=False)
        at = at or database_now()
        if sender and "template" not in data:
            require_window(conversation, by=by, at=at)
        if not note and (by.kind == ActorKind.AGENT if reopen is None else reopen):
            _open(conversation, scope=scope, by=by, at=at)
        writing = _Writing(conversation, by, at, Direction.NOTE if note else Direction.OUT, sender)
        answered = _external_id(conversation, reply_to) if reply_to else ""
        messages = _write(writing, pieces, client_ids, answered)
        ring([conversation.workspace_id], [conversation.pk])
    return Replied(messages, written=True)


def send_again(message_id: int, *, scope: Scope, by: Actor, at: datetime | None = None) -> bool:
    """Send once more what failed, or what may never have arrived: a person decided. Answers whether it will.

    It keeps its place in the thread, and goes before what waits after it. Raises Conversation.DoesNotExist out of
    reach, and WindowClosed.
    """
    with transaction.atomic():
        conversation = _locked(scope, messages=message_id)
        message = conversation.messages.select_for_update().get(pk=message_id)
        if message.state not in {State.FAILED, State.UNKNOWN} or not registry.sender(conversation.account.channel):
            return False
        at = at or database_now()
        if "template" not in message.data:
            require_window(conversation, by=by, at=at)
        if by.kind == ActorKind.AGENT:
            _open(conversation, scope=scope, by=by, at=at)
        data = {name: said for name, said in message.data.items() if name != "until"}
        Message.objects.filter(pk=message_id).update(state=State.QUEUED, state_at=at, error=None, data=data)
        if by.is_person and message.author_kind != ActorKind.SYSTEM:
            answers = Actor(ActorKind(message.author_kind)).is_person
            Conversation.objects.filter(pk=conversation.pk).update(
                **({"answered_at": at} if answers else {}), **wrote(at)
            )
        # The channel may have forgotten the file by now, or it may be what was wrong: it is handed over anew.
        message.attachments.update(remote="")
        _queue(conversation, [message], at)
        ring([conversation.workspace_id], [conversation.pk])
    return True


def _locked(scope: Scope, **sought: int) -> Conversation:
    reach = scope.filter(Conversation.objects.select_related("account"))
    return reach.select_for_update(of=("self",)).get(**sought)


def _client_ids(client_id: UUID | None, count: int) -> list[UUID | None]:
    """An id for each part: the first has the one that was given, the others' follow from it."""
    if client_id is None:
        return [None] * count
    return [client_id, *(uuid5(client_id, str(number)) for number in range(1, count))]


def _external_id(conversation: Conversation, message_id: int) -> str:
    answered = conversation.messages.filter(pk=message_id).values_list("external_id", flat=True).first()
    if not answered:
        raise NotAnswerable("That message cannot be answered: it is not here, or the channel does not know it.")
    return answered


def _open(conversation: Conversation, *, scope: Scope, by: Actor, at: datetime) -> None:
    if conversation.status == Status.CLOSED:
        open_again([conversation.pk], scope=scope, by=by, at=at)


def _write(
    writing: _Writing, pieces: Sequence[Part], client_ids: Sequence[UUID | None], answered: str
) -> list[Message]:
    """Messages, files, events, what the list shows, and what is to be sent; the first of them is the answer."""
    conversation = writing.conversation
    messages = [_message(writing, piece, key) for piece, key in zip(pieces, client_ids, strict=True)]
    messages[0].reply_to = answered
    Message.objects.bulk_create(messages)
    Event.objects.bulk_create([_event(writing, message) for message in messages])
    if files := [
        _attachment(message, upload, position)
        for message, piece in zip(messages, pieces, strict=True)
        for position, upload in enumerate(piece.uploads)
    ]:
        Attachment.objects.bulk_create(files)
    if writing.direction == Direction.OUT:
        Conversation.objects.filter(pk=conversation.pk).update(
            **({"answered_at": writing.at} if writing.by.is_person else {}),
            **({} if writing.by.kind == ActorKind.SYSTEM else wrote(writing.at)),
            last_message_at=max(writing.at, conversation.last_message_at),
            last_message_text=messages[-1].text[:200],
            last_message_direction=Direction.OUT,
            last_message_kind=messages[-1].kind,
        )
    if writing.sender:
        _queue(conversation, messages, writing.at)
    return messages


def _message(writing: _Writing, piece: Part, client_id: UUID | None) -> Message:
    return Message(
        workspace_id=writing.conversation.workspace_id,
        account_id=writing.conversation.account_id,
        conversation=writing.conversation,
        direction=writing.direction,
        kind=piece.kind.value,
        text=piece.text,
        data=dict(piece.data),
        client_id=client_id,
        at=writing.at,
        created_at=writing.at,
        author_kind=writing.by.kind,
        author_id=writing.by.agent_id,
        state=State.QUEUED if writing.sender else "",
        state_at=writing.at if writing.sender else None,
    )


def _event(writing: _Writing, message: Message) -> Event:
    return Event(
        workspace_id=message.workspace_id,
        conversation=writing.conversation,
        kind=EventKind.MESSAGE_SENT,
        at=writing.at,
        actor_kind=writing.by.kind,
        actor_id=writing.by.id,
        message_id=message.pk,
    )


def _attachment(message: Message, upload: Upload, position: int) -> Attachment:
    return Attachment(
        message=message,
        workspace_id=message.workspace_id,
        account_id=message.account_id,
        conversation_id=message.conversation_id,
        position=position,
        kind=upload.kind.value,
        mime=upload.mime,
        name=upload.name,
        size=upload.size,
        state=FileState.STORED,
        file=upload.file,
        thumb=upload.thumb,
        width=upload.width,
        height=upload.height,
        created_at=message.at,
    )


def _queue(conversation: Conversation, messages: Sequence[Message], at: datetime) -> None:
    """Hand messages to the send lane, which hears of it when this transaction commits."""
    waiting = {"account_id": conversation.account_id, "conversation_id": conversation.pk, "look_at": at}
    Outgoing.objects.bulk_create([Outgoing(message=message, **waiting) for message in messages])
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [OUTBOX_BELL])
