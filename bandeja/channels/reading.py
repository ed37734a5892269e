"""Reading what arrives: whatever is sent, what comes out can be stored. Pure, and never an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from bandeja.channels.contract import (
    Annotation,
    BadItem,
    Delivery,
    Inbound,
    Notice,
    Parsed,
    Renaming,
    Status,
    Watermark,
)

Item = Mapping[str, Any]
Understood = Inbound | Status | Watermark | Annotation | Renaming | Notice
Understand = Callable[[Item], Understood | tuple[Understood, ...]]
"""What one item says: one thing, several, or none. Raises Misunderstood."""

EXCERPT = 400
"""Characters kept of what could not be understood: enough to recognise it, little enough to keep."""
MOST_BAD = 100
"""Bad items told one by one; a delivery of a million of them must not become a row of a gigabyte."""
KEY_LENGTH = 200
"""Characters of an id that others choose: with four bytes each, an index of PostgreSQL still holds it."""
TOO_NEW = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours and still be believed."""
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)

NOT_JSON = gettext_noop("The delivery is not JSON.")
NO_OBJECT = gettext_noop("A message is a JSON object.")
NO_STRING = gettext_noop("The text of a message is a JSON string.")
NO_TEXT = gettext_noop("The message has no text.")
DISCONNECTED = gettext_noop("The account was disconnected when this was received.")
TOO_MANY = gettext_noop("More items like these could not be understood.")
OUR_FAULT = gettext_noop("Bandeja failed on this item; it is a mistake in the program, so please report it.")

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Misunderstood(ValueError):
    """An item that cannot be taken in; its text is the sentence an administrator reads, translated when shown."""


class Reading:
    """Sorts what the items of a delivery say by what it is; an item that is refused harms no neighbour."""

    def __init__(self) -> None:
        self._said: dict[type, list[Any]] = {}
        self._bad: list[BadItem] = []
        self._untold = 0

    def each(self, items: object, understand: Understand) -> None:
        """Understand each of `items`: a list, a lone item where a list was meant, or None."""
        for item in many(items):
            try:
                if not isinstance(item, dict):
                    raise Misunderstood(NO_OBJECT)
                said = understand(item)
            except Misunderstood as error:
                self.refuse(item, str(error))
            except Exception:  # noqa: BLE001  # our own mistake must not cost a thousand neighbours
                self.refuse(item, OUR_FAULT)
            else:
                for one in said if isinstance(said, tuple) else (said,):
                    self._said.setdefault(type(one), []).append(one)

    def refuse(self, item: object, reason: str) -> None:
        """Set an item aside: its beginning is kept, as JSON, unless there are too many already."""
        if len(self._bad) < MOST_BAD:
            self._bad.append(BadItem(excerpt(item), reason))
        else:
            self._untold += 1

    def parsed(self) -> Parsed:
        if self._untold:
            self._bad.append(BadItem(f"+ {self._untold}", TOO_MANY))
        of = self._said.get
        return Parsed(
            inbound=of(Inbound, ()),
            bad=self._bad,
            statuses=of(Status, ()),
            watermarks=of(Watermark, ()),
            annotations=of(Annotation, ()),
            renamings=of(Renaming, ()),
            notices=of(Notice, ()),
        )


def read_items(delivery: Delivery, understand: Understand) -> Parsed:
    """Read a JSON body, one object or a list of them."""
    try:
        body = decode(delivery.body)
    except Misunderstood as error:
        return unreadable(delivery, error)
    reading = Reading()
    reading.each(body if isinstance(body, list) else [body], understand)
    return reading.parsed()


def decode(body: bytes) -> Any:
    """The JSON value. Raises Misunderstood.

    msgspec is several times as fast, but refuses what senders in the field do send, such as half a surrogate pair.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise Misunderstood(NOT_JSON) from None


def unreadable(delivery: Delivery, error: Misunderstood) -> Parsed:
    """A delivery that was refused whole, with the beginning of what came."""
    raw = bytes(delivery.body[:EXCERPT]).decode(errors="replace")
    return Parsed(bad=[BadItem(clean(raw), str(error))])


def many(value: object) -> list[Any]:
    """The items of a list; a lone value stands for a list of one, and null for an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def excerpt(item: object) -> str:
    """The beginning of `item` as JSON text in ASCII, so that it can be stored whatever it holds."""
    try:
        text = json.dumps(item)
    except (ValueError, RecursionError):
        return "…"
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def clean(text: str) -> str:
    """The text without what PostgreSQL cannot store: NULs and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def is_visible(text: str) -> bool:
    """Whether there is anything to see: zero-width characters alone are as blank as blanks."""
    return any(letter.isprintable() and not letter.isspace() for letter in text)


def body_text(value: object, limit: int) -> tuple[str, dict[str, Any]]:
    """A message's text, cleaned and at most `limit` characters; when cut, data says `clipped_from` how many."""
    if value is None:
        return "", {}
    if not isinstance(value, str):
        raise Misunderstood(NO_STRING)
    text = clean(value).replace("\r\n", "\n").strip()
    if len(text) > limit:
        return text[:limit], {"clipped_from": len(text)}
    return text, {}


def line(value: object, limit: int = KEY_LENGTH) -> str:
    """A name, an address: one line, cut at `limit` characters; empty when it is no text. Never refused."""
    return " ".join(clean(value).split())[:limit] if isinstance(value, str) else ""


def key(value: object, refusal: str) -> str:
    """An id that the sender chose, kept to the letter: a changed one would be another message or person."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**KEY_LENGTH:
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= KEY_LENGTH:
        raise Misunderstood(refusal)
    if CONTROL.search(value) or clean(value) != value:
        raise Misunderstood(refusal)
    return value


def instant(value: object, received_at: datetime) -> datetime | None:
    """The sender's date in UTC, or None when it cannot be true: unreadable, before 2000, or still to come."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at if OLDEST <= at <= received_at + TOO_NEW else None
