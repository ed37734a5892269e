"""Sending: what a channel is given, what it answers, and the three ways in which it may fail to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from bandeja.channels import webp
from bandeja.channels.contract import Identity, Kind

HUMAN_AGENT = "human_agent"
"""The flag in an account's config: Meta granted it the tag for answers by people up to seven days later."""


class Fault(StrEnum):
    """What is wrong when a channel refuses; it decides what we do and what the agent is told."""

    TOKEN = "token"  # noqa: S105  a name, no secret
    """The account must be connected again; what waits to be sent is kept."""
    WINDOW = "window"
    """Too late to write freely; a template, or a person's tag, may still go."""
    TAG = "tag"
    """The tag was not granted, or is no more."""
    THROTTLED = "throttled"
    """Too fast: sent again after a while."""
    TRANSIENT = "transient"
    """Their fault, and surely not accepted: sent again after a while."""
    RECIPIENT = "recipient"
    """That person cannot be written to."""
    CONTENT = "content"
    """That content cannot be sent."""
    ACCOUNT = "account"
    """The account may not send: blocked, unpaid, not registered."""


class Refused(Exception):
    """The channel did not take it. `wait` is the pause it asks for; `pair` that it concerns one recipient only."""

    def __init__(
        self,
        fault: Fault,
        *,
        code: int | None = None,
        subcode: int | None = None,
        text: str = "",
        details: str = "",
        wait: timedelta | None = None,
        pair: bool = False,
    ) -> None:
        super().__init__(f"{fault}: {code}/{subcode} {text} {details}".strip())
        self.fault, self.code, self.subcode, self.text, self.details = fault, code, subcode, text, details
        self.wait, self.pair = wait, pair

    def told(self) -> dict[str, Any]:
        """What is kept beside the message."""
        told = {"fault": self.fault.value, "code": self.code, "subcode": self.subcode, "text": self.text}
        return {**told, "details": self.details}


class NotReached(Exception):
    """Nothing of it left: the connection was refused or the name not found. Safe to send again."""


class Unanswered(Exception):
    """It left, and no answer came that tells whether it was taken. Never sent again by itself (meta.md E7)."""


@dataclass(frozen=True, slots=True)
class Line:
    """An account as a sender sees it."""

    account_id: int
    external_id: str
    config: Mapping[str, Any]
    token: str = field(repr=False)
    graph_url: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to send. `open` answers its bytes; `url` is where the channel may fetch it for an hour.

    `remote` is the channel's own id of it once it has been uploaded (`Sender.upload`).
    """

    kind: Kind
    mime: str
    name: str
    size: int
    open: Callable[[], BinaryIO]
    url: str
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to send. `handle` is told to the channel where it gives it back, to recognise an unanswered send.

    `data` holds, by kind: `{"template": {"name", "language", "components"}}`, `{"buttons": [{"id", "title"}]}`,
    `{"location": {"latitude", "longitude", "name"?, "address"?}}`. `by_person` tells that a person wrote it;
    `late` that the channel's window is closed, so that only a template or a person's tag may go.
    """

    line: Line
    handle: str
    to: Identity
    kind: Kind = Kind.TEXT
    text: str = ""
    reply_to: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    file: File | None = None
    by_person: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """What files of a kind a channel takes: MIME types (none named: any), and the most bytes.

    `moving` is the most for a picture that moves, where that is more.
    """

    mimes: frozenset[str]
    size: int
    caption: int = 0
    moving: int = 0

    @property
    def largest(self) -> int:
        """The most bytes that any file of the kind may have."""
        return max(self.size, self.moving)

    def most(self, head: bytes) -> int:
        """The most bytes that a file may have that begins with `head` (`webp.HEAD`)."""
        picture = webp.read(head) if self.moving else None
        return self.moving if picture and picture.moves else self.size


@dataclass(frozen=True, slots=True)
class Buttons:
    """How many buttons go with a text, how long each title may be, and how long the text; both in characters."""

    most: int
    title: int
    text: int


@dataclass(frozen=True, slots=True)
class Window:
    """Until when we may write freely, and until when a person may with the human agent tag; None: not at all."""

    until: datetime | None
    by_person_until: datetime | None = None


class Sender(Protocol):
    """How a channel sends. Only `upload` and `send` reach the network."""

    limits: Mapping[Kind, Limit]
    """What it takes of each kind of file; a kind that is not named cannot be sent."""
    captions: Mapping[Kind, int]
    """The longest text that a file of a kind may carry; with one not named, text goes as its own message."""
    has_templates: bool
    buttons: Buttons | None
    """What buttons it takes below a text; None where it has none."""
    has_places: bool
    """Whether a place on the map is a message of its own."""

    def split(self, text: str) -> Sequence[str]:
        """The text in parts that the channel takes, cut where a reader would cut it."""

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Window:
        """The window that the contact's last doing at `opened_at` opened."""

    def upload(self, line: Line, file: File) -> str:
        """The channel's id of a file, kept there for days; empty where it fetches the file's `url` by itself.

        It takes as long as the file is large, so it is done before a message counts as being sent; nothing is sent
        by it, and it may be tried again whatever happened. Raises Refused or NotReached.
        """

    def send(self, outbound: Outbound) -> str:
        """Send one message; answers the channel's id of it. Raises Refused, NotReached or Unanswered."""
