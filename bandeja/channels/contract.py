"""What a channel is: the values it understands deliveries into, and the things it must know how to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Identity = tuple[str, str]
"""How a channel knows a contact: kind and value."""


NAMELESS = frozenset({"psid", "igsid"})
"""Kinds of identity whose channels deliver no name with a message: it is asked for afterwards (meta.md A7)."""
LASTING = ("bsuid", "parent_bsuid")
"""Kinds of identity that go along with what a channel calls a contact by: an answer goes to one, the first of these,
only where there is nothing else (meta.md E6).
"""


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
class Media:
    """A file that came with a message. `remote` is the channel's id of it, or a URL when `is_url`.

    `keep` is false for what may only be referred to, such as stories: it is never fetched.
    """

    kind: Kind
    remote: str
    is_url: bool = False
    mime: str = ""
    name: str = ""
    sha256: str = ""
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a channel understood from a receipt: one thing said between a contact and one account.

    `external_id` is unique on the account, so a replay is a no-op. `identity` is how the channel knows the contact,
    and where an answer goes; `aliases` are other ids of the same person, believed before it; `variants` are other
    forms of the same number, used to find a known contact and never written down. `provider_at` is the channel's
    own date: for display, order and its window, never for the clock. `received_at` is when we durably stored it;
    None means the instant it is joined. `reply_to` is the external id of the message it answers.

    `echo` marks what our side wrote elsewhere (the phone app, another program): outbound, by the app. `handle` is
    then the id we gave the message if it was we who sent it. `history` marks what was imported: it neither opens
    nor counts (closing C5). `opens_window` tells that the channel lets us write freely from here on; closing never
    reads it (closing D4).
    """

    account_id: int
    external_id: str
    identity: Identity
    kind: Kind = Kind.TEXT
    text: str = ""
    provider_at: datetime | None = None
    received_at: datetime | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    aliases: Sequence[Identity] = ()
    variants: Sequence[Identity] = ()
    reply_to: str = ""
    media: Sequence[Media] = ()
    echo: bool = False
    handle: str = ""
    history: bool = False
    opens_window: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is the contact writing to us now (closing C4)."""
        return self.kind.counts and not self.echo and not self.history


class State(StrEnum):
    """How far an outbound message has come; later ones in `RANK` win, and nothing goes back."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message we sent: found by `external_id`, else by `handle`, the id we gave it.

    `error` is `{"code", "subcode"?, "text", "details"?}` when it failed. `free_until` is until when the channel
    says we may write freely.
    """

    account_id: int
    external_id: str
    state: State
    handle: str = ""
    at: datetime | None = None
    error: Mapping[str, Any] | None = None
    free_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything we sent to a contact up to `until` has come so far."""

    account_id: int
    identity: Identity
    state: State
    until: datetime


@dataclass(frozen=True, slots=True)
class Annotation:
    """A reaction to, an edit or an unsending of the message `target`; it may arrive before that message does.

    `text` is the emoji or the new text; empty takes a reaction back. `by_us` tells who did it. `external_id` is its
    own, unique on the account.
    """

    account_id: int
    external_id: str
    target: str
    kind: Kind
    identity: Identity
    text: str = ""
    by_us: bool = False
    at: datetime | None = None
    received_at: datetime | None = None
    opens_window: bool = False


@dataclass(frozen=True, slots=True)
class Renaming:
    """A contact known by `before` is known by `after` as well from here on; `before` may lead to them still."""

    account_id: int
    before: Identity
    after: Sequence[Identity]
    is_gone: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a channel says of our side rather than of a conversation: a template, a number's quality, an error.

    `line` is the external id it concerns: an account's, or of what owns it, as `scope` says. Only what comes through
    the Meta app `app_id` can it be about: the drain says which that was.
    """

    channel: str
    scope: str
    line: str
    topic: str
    data: Mapping[str, Any] = field(default_factory=dict)
    app_id: int = 0


@dataclass(frozen=True, slots=True)
class BadItem:
    """One item of a delivery that could not be understood, and why, in a sentence."""

    item: object
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored receipt as a channel reads it.

    Where its URL names an account, that is `account_id`. Where it names a Meta app that is 0, and each item says
    whose it is: `lines` are the accounts of the app's workspace that were connected when it was received, by channel
    and external id.
    """

    account_id: int
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a delivery said: what was understood, and what was not."""

    inbound: Sequence[Inbound] = ()
    bad: Sequence[BadItem] = ()
    statuses: Sequence[Status] = ()
    watermarks: Sequence[Watermark] = ()
    annotations: Sequence[Annotation] = ()
    renamings: Sequence[Renaming] = ()
    notices: Sequence[Notice] = ()


class Reader(Protocol):
    """Understands deliveries. Pure: no database, no network, no clock."""

    body_limit: int
    """The largest delivery the door accepts, in bytes."""

    def parse(self, delivery: Delivery) -> Parsed:
        """Understand a delivery; whatever is wrong with it comes back as a bad item, never as an exception."""


class Channel(Reader, Protocol):
    """One kind of account. Every method is pure: no database, no network, no clock."""

    key: str
    text_limit: int
    """The longest text the channel sends, in characters."""

    def verify(self, external_id: str, token_hash: str, credential: str) -> str | None:
        """Who is knocking, or None when the credential does not hold: a name to limit the rate by."""
