"""Values as Meta sends them: ids as texts or numbers, dates in seconds or milliseconds, nulls and nothing at all.

All of it occurs in bodies that others have published (meta.md A4 to A6), so nothing here raises but `ident`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from math import isfinite
from typing import Any

from bandeja.channels.reading import CONTROL, OLDEST, TOO_NEW, Item, Misunderstood, clean

NOTHING: Mapping[str, Any] = {}
ID_LENGTH = 500
"""Characters of an id. Meta's have grown past 200; a longer one is kept as its digest, so that an index holds it."""
TEXT_LENGTH = 64 * 1024
"""Characters of a text: far above what any of the three sends (WhatsApp's 4,096)."""
URL_LENGTH = 4_000
WORD_LENGTH = 2_000
MOST = 100
"""Entries kept of a list or an object that goes along for the screen."""
DEEPEST = 8
MILLISECONDS = 10**11
"""From here on a number is milliseconds: as seconds it would be the year 5138."""
LATEST = 250 * 10**12
"""In milliseconds the year 9892; Python has no date from the year 10000 on."""


def node(item: Item, name: str) -> Item:
    """The object under `name`; an empty one where there is none."""
    value = item.get(name)
    return value if isinstance(value, dict) else NOTHING


def known(value: object) -> str:
    """An id as text, to the letter; empty when it is none."""
    if isinstance(value, str) and value.isalnum() and value.isascii() and len(value) <= ID_LENGTH:
        return value
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not value or value[0].isspace():
        return ""
    if not (value.isascii() and value.isprintable()) and (CONTROL.search(value) or clean(value) != value):
        return ""
    return value if len(value) <= ID_LENGTH else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def ident(value: object, refusal: str) -> str:
    """An id that the item cannot do without. Raises Misunderstood."""
    text = known(value)
    if not text:
        raise Misunderstood(refusal)
    return text


def words(value: object, limit: int = TEXT_LENGTH) -> str:
    """A text as its writer saw it, without blanks around it; empty when it is none."""
    if not isinstance(value, str):
        return ""
    return clean(value).replace("\r\n", "\n").strip()[:limit]


def flag(value: object) -> bool:
    return value in (1, "true")


def amount(value: object) -> int | float | None:
    """A number, also when it came as text; None when it is none, or too large to be one of anything."""
    if isinstance(value, str) and len(value) <= 30:
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -(10**15) < value < 10**15 else None


def url(value: object) -> str:
    """An address that may be fetched or linked to; empty when it is none."""
    if not isinstance(value, str) or len(value) > URL_LENGTH or not value.startswith(("https://", "http://")):
        return ""
    return value if value.isprintable() and " " not in value else ""


def moment(value: object, received_at: datetime) -> datetime | None:
    """Meta's date in UTC, or None when it cannot be true: unreadable, before 2000, or over 5 minutes ahead of us."""
    at = _date(value)
    return at if at is not None and OLDEST <= at <= received_at + TOO_NEW else None


def _date(value: object) -> datetime | None:
    """Of seconds or milliseconds, as number or text, or of a date as the Graph API writes it."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) < 20):
            return _written(value)
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LATEST:
        return None
    seconds = value / 1000 if value >= MILLISECONDS else value
    return datetime.fromtimestamp(seconds, UTC)


def _written(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def told(**fields: Any) -> dict[str, Any]:
    """What of this there is anything to tell of."""
    return {name: value for name, value in fields.items() if value or (value == 0 and value is not False)}


def plain(value: object, depth: int = 0) -> Any:
    """A copy of what Meta sent that PostgreSQL can keep as JSON, cut to a size that is worth keeping."""
    if isinstance(value, str):
        return clean(value)[:WORD_LENGTH]
    if isinstance(value, dict | list):
        return _inside(value, depth + 1) if depth < DEEPEST else None
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    return value


def _inside(value: dict[str, Any] | list[Any], depth: int) -> Any:
    if isinstance(value, list):
        return [plain(inner, depth) for inner in value[:MOST]]
    return {clean(name)[:MOST]: plain(inner, depth) for name, inner in islice(value.items(), MOST)}


def joined(*parts: str) -> str:
    """A key of several parts, as short and as plain as an id."""
    text = ":".join(parts)
    return known(text) or f"sha256:{digest(text)}"


def digest(*parts: object) -> str:
    """A key for what Meta gives no id: the same whatever the order of keys, and whether ids are texts or numbers."""
    canonical = json.dumps([_alike(plain(part)) for part in parts], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _alike(value: Any) -> Any:
    if isinstance(value, list):
        return [_alike(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _alike(inner) for name, inner in value.items()}
    return str(value) if isinstance(value, int) else value
