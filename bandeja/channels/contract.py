"""What a channel is: the values it understands deliveries into, and the three things it must know how to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What a person can do on a channel. `counts` says which of it is writing (closing C4)."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    ORDER = "order"
    BUTTON_REPLY = "button_reply"
    LIST_REPLY = "list_reply"
    QUICK_REPLY = "quick_reply"
    FORM_REPLY = "form_reply"
    POSTBACK = "postback"
    STORY_REPLY = "story_reply"
    STORY_MENTION = "story_mention"
    SHARE = "share"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"
    REACTION = "reaction"
    EDIT = "edit"
    UNSEND = "unsend"
    REFERRAL = "referral"
    OPT_IN = "opt_in"
    SYSTEM = "system"
    CALL = "call"
    CALL_PERMISSION = "call_permission"
    GROUP = "group"
    HISTORY = "history"

    @property
    def counts(self) -> bool:
        return self not in SILENT


SILENT = frozenset(
    {
        Kind.REACTION,
        Kind.EDIT,
        Kind.UNSEND,
        Kind.REFERRAL,
        Kind.OPT_IN,
        Kind.SYSTEM,
        Kind.CALL,
        Kind.CALL_PERMISSION,
        Kind.GROUP,
        Kind.HISTORY,
    }
)
"""Kinds that neither open, create, add unread nor arm (closing C4)."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a channel understood from a receipt: one thing a contact did on one account.

    `external_id` is unique on the account, so a replay is a no-op. `identity` is how the channel knows the
    contact: `(kind, value)`. `provider_at` is the channel's own date: for display and order, never for the
    clock. `received_at` is when we durably stored it; None means the instant it is joined.
    """

    account_id: int
    external_id: str
    identity: tuple[str, str]
    kind: Kind = Kind.TEXT
    text: str = ""
    provider_at: datetime | None = None
    received_at: datetime | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadItem:
    """One item of a delivery that could not be understood, and why, in a sentence."""

    item: object
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored receipt as a channel reads it."""

    account_id: int
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a delivery said: what was understood, and what was not."""

    inbound: Sequence[Inbound] = ()
    bad: Sequence[BadItem] = ()


class Channel(Protocol):
    """One kind of account. Every method is pure: no database, no network, no clock."""

    key: str
    body_limit: int
    """The largest delivery the door accepts, in bytes."""
    text_limit: int
    """The longest text the channel sends, in characters."""

    def verify(self, external_id: str, token_hash: str, credential: str) -> str | None:
        """Who is knocking, or None when the credential does not hold: a name to limit the rate by."""

    def parse(self, delivery: Delivery) -> Parsed:
        """Understand a delivery; whatever is wrong with it comes back as a bad item, never as an exception."""
