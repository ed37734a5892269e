"""The files of a conversation, the newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bandeja.conversations.models import Attachment, Conversation, FileState
from bandeja.inbox.files import File

SHOWN = 24
AMONG = 1_000
"""Messages that one page looks through: files have no index of their own, and a thread may be long."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Some files, and the message before which the next ones are; None where there are no more."""

    files: Sequence[File]
    before: int | None


def gallery(conversation: Conversation, *, before: int | None = None) -> Gallery:
    """The files of the newest messages, or of those before `before`, that were stored."""
    edge = conversation.messages.filter(pk=before).first() if before else None
    messages = conversation.messages.order_by("-at", "-pk")
    if edge:
        messages = messages.filter(at__lte=edge.at).exclude(at=edge.at, pk__gte=edge.pk)
    looked = list(messages.values_list("pk", flat=True)[:AMONG])
    stored = Attachment.objects.filter(message__in=looked, state=FileState.STORED)
    found = list(stored.order_by("-message__at", "-message_id", "position")[:SHOWN])
    # Where all of a page is shown the next one goes on after its last; a message's files are never torn apart.
    if len(found) == SHOWN:
        return Gallery([File(each) for each in found], found[-1].message_id)
    return Gallery([File(each) for each in found], looked[-1] if len(looked) == AMONG else None)
