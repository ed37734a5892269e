"""Reading what arrives: whatever is sent, what comes out can be stored. Pure, and never an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from bandeja.channels.contract import BadItem, Delivery, Inbound, Parsed

Item = Mapping[str, Any]

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

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Misunderstood(ValueError):
    """An item that cannot be taken in; its text is the sentence an administrator reads, translated when shown."""


def read_items(delivery: Delivery, understand: Callable[[Item], Inbound]) -> Parsed:
    """Read a JSON body, one object or a list of them; an item that `understand` refuses harms no neighbour."""
    try:
        body = json.loads(bytes(delivery.body))
    except (ValueError, RecursionError):
        raw = bytes(delivery.body[:EXCERPT]).decode(errors="replace")
        return Parsed(bad=[BadItem(clean(raw), NOT_JSON)])
    inbound: list[Inbound] = []
    bad: list[BadItem] = []
    for item in body if isinstance(body, list) else [body]:
        try:
            inbound.append(understand(_object(item)))
        except Misunderstood as error:
            bad.append(BadItem(item, str(error)))
    return Parsed(inbound, _told(bad))


def _object(item: object) -> Item:
    if not isinstance(item, dict):
        raise Misunderstood(NO_OBJECT)
    return item


def _told(bad: list[BadItem]) -> list[BadItem]:
    told = [BadItem(excerpt(item.item), item.reason) for item in bad[:MOST_BAD]]
    if len(bad) > MOST_BAD:
        told.append(BadItem(f"+ {len(bad) - MOST_BAD}", TOO_MANY))
    return told


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
