"""What a visitor may read: what they wrote and what they were answered, never a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from bandeja.channels.models import Account
from bandeja.channels.webchat.channel import VISITOR
from bandeja.conversations.models import Direction, Message

PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Messages as the widget shows them, oldest first, and whether there are newer ones."""

    messages: list[dict[str, Any]]
    more: bool


def since(account: Account, visitor: str, after: int) -> Page:
    """What follows the message `after`; for 0 the latest page."""
    messages = _messages(account, visitor)
    if not after:
        latest = messages.order_by("-at", "-id")[:PAGE]
        return Page([_shown(message, visitor) for message in reversed(latest)], more=False)
    # By id, and not by date: ids follow the order in which the conversation's row was locked, so none is missed.
    found = list(messages.filter(pk__gt=after).order_by("id")[: PAGE + 1])
    return Page([_shown(message, visitor) for message in found[:PAGE]], more=len(found) > PAGE)


def _messages(account: Account, visitor: str) -> QuerySet[Message]:
    return Message.objects.filter(
        conversation__account=account,
        conversation__contact__identities__account=account,
        conversation__contact__identities__kind=VISITOR,
        conversation__contact__identities__value=visitor,
        direction__in=[Direction.IN, Direction.OUT],
    ).select_related("author")


def _shown(message: Message, visitor: str) -> dict[str, Any]:
    inbound = message.direction == Direction.IN
    shown = {
        "id": message.pk,
        "at": message.at.isoformat(),
        "from": "visitor" if inbound else "team",
        "text": message.text,
    }
    if inbound:
        return {**shown, "client_id": (message.external_id or "").removeprefix(f"{visitor}:")}
    # The first name alone: an agent's e-mail address is nobody's business on a public site.
    return {**shown, "author": message.author.name.partition(" ")[0] if message.author else ""}
