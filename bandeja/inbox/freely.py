"""Until when one may write freely to a contact, and what their channel takes. It is not the closing clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bandeja.channels import registry
from bandeja.channels.contract import Kind
from bandeja.channels.models import Account
from bandeja.channels.sending import Sender
from bandeja.conversations.models import Conversation
from bandeja.conversations.window import is_within, window_of
from bandeja.inbox import kinds
from bandeja.media.sizes import shown


@dataclass(frozen=True, slots=True)
class Freely:
    """`until` is None once it is over; `by_person` tells that only a person may, by the channel's tag for that."""

    until: datetime | None
    by_person: bool
    has_templates: bool

    @property
    def is_closed(self) -> bool:
        return self.until is None


def read(conversation: Conversation, now: datetime) -> Freely | None:
    """None where the channel has no window."""
    window, sender = window_of(conversation), registry.sender(conversation.account.channel)
    if window is None or sender is None:
        return None
    if is_within(window.until, now):
        return Freely(window.until, by_person=False, has_templates=sender.has_templates)
    if is_within(window.by_person_until, now):
        return Freely(window.by_person_until, by_person=True, has_templates=sender.has_templates)
    return Freely(None, by_person=False, has_templates=sender.has_templates)


@dataclass(frozen=True, slots=True)
class Takes:
    """What may be sent on a channel besides text and files: see `Sender`.

    `voice` says in what recordings are to come: "any", "ogg", "wav"; empty where they cannot be sent.
    """

    voice: str
    buttons: bool
    places: bool
    templates: bool


def takes(account: Account) -> Takes | None:
    """None where nothing is sent to the channel: what is written is fetched there, and is text."""
    sender = registry.sender(account.channel)
    if sender is None:
        return None
    return Takes(_voice(sender), sender.buttons is not None, sender.has_places, sender.has_templates)


def _voice(sender: Sender) -> str:
    limit = sender.limits.get(Kind.VOICE)
    if limit is None:
        return ""
    if not limit.mimes:
        return "any"
    return "ogg" if "audio/ogg" in limit.mimes else "wav"


def limits(account: Account) -> str:
    """What the channel takes of each kind of file, in a line; empty where it takes none."""
    sender = registry.sender(account.channel)
    if sender is None:
        return ""
    return " · ".join(f"{kinds.label(kind)} ≤ {shown(limit.size, up=False)}" for kind, limit in sender.limits.items())
