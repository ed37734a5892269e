"""A claimed message as its channel is given it: to whom, with what, and in whose name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO, cast

from django.core.files.storage import storages
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, NullIf

from bandeja.channels.contract import Kind
from bandeja.channels.meta import lines
from bandeja.channels.sending import File, Outbound
from bandeja.conversations.handle import handle_of
from bandeja.conversations.identities import NOWHERE, first_address
from bandeja.conversations.models import ActorKind, Attachment, Message
from bandeja.conversations.window import is_within, window_of

log = logging.getLogger(__name__)

Link = Callable[[int], str]
"""Where the channel may fetch a file for an hour, by its attachment's id."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message and what is sent of it: None when nothing could be made of what is written there."""

    message_id: int
    account_id: int
    channel: str
    outbound: Outbound | None


def build(message_ids: Sequence[int], *, at: datetime, link: Link) -> list[Ready]:
    """What these messages are sent as at `at`: one query, and one more for their files."""
    return [
        Ready(message.pk, message.account_id, message.account.channel, _outbound(message, at, link))
        for message in _messages(message_ids)
    ]


def open_file(key: str) -> BinaryIO:
    """The bytes of a file of the media storage. Raises FileNotFoundError."""
    return cast("BinaryIO", storages["media"].open(key))


def _messages(message_ids: Sequence[int]) -> QuerySet[Message]:
    first = first_address(account="account", contact="conversation__contact")
    return (
        Message.objects.filter(pk__in=message_ids)
        .select_related("conversation", "account__credential", "account__app")
        .prefetch_related("attachments")
        .annotate(to=Coalesce(NullIf(F("conversation__address"), NOWHERE), first))
    )


def _outbound(message: Message, at: datetime, link: Link) -> Outbound | None:
    try:
        return _made(message, at, link)
    except Exception:
        # One that cannot be made must not keep all the others that were claimed with it.
        log.exception("Message %s cannot be put into its channel's terms", message.pk)
        return None


def _made(message: Message, at: datetime, link: Link) -> Outbound:
    conversation = message.conversation
    # The same account, which `window_of` asks for as well: it was fetched with the message.
    conversation.account = message.account
    window = window_of(conversation)
    kind, _, value = message.to.partition(":")  # type: ignore[attr-defined]  # annotated
    file = next((each for each in message.attachments.all() if each.file), None)
    return Outbound(
        line=lines.line(message.account),
        handle=handle_of(message.pk),
        to=(kind, value),
        kind=Kind(message.kind),
        text=message.text,
        reply_to=message.reply_to,
        data=message.data,
        file=_file(file, link) if file else None,
        by_person=message.author_kind == ActorKind.AGENT,
        late=window is not None and not is_within(window.until, at),
    )


def _file(attachment: Attachment, link: Link) -> File:
    return File(
        kind=Kind(attachment.kind),
        mime=attachment.mime,
        name=attachment.name,
        size=attachment.size or 0,
        open=partial(open_file, attachment.file),
        url=link(attachment.pk),
        remote=attachment.remote,
    )
