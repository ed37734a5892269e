"""A number, page or profile as Meta describes it, on its way to being connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bandeja.channels.meta import faults
from bandeja.channels.models import ChannelKey
from bandeja.channels.reading import line
from bandeja.channels.sending import Fault, Refused


@dataclass(frozen=True, slots=True)
class Found:
    """What a token gave access to. `config` becomes the account's; `quality` and `tier` its first health.

    Config holds, by channel: WhatsApp `{"waba", "phone", "coexistence"?, "phone_app"?}`, the business account, the
    number as it is written, whether the phone app answers with it too, and what of that app was asked for (`"asked"`,
    or why Meta refused, by kind: `whatsapp.connect.SHARED`); Messenger nothing; Instagram
    `{"login": "instagram" | "page", "username", "page_id"?}`.
    """

    channel: ChannelKey
    external_id: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    quality: str = ""
    tier: str = ""


def meta_id(text: str) -> str:
    """An id of Meta's as a person typed it. Raises Refused for what is none: it becomes part of an address."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 40):
        raise Refused(Fault.CONTENT, text=faults.NOT_AN_ID)
    return text


def said(value: object, limit: int = 120) -> str:
    """A name or id that Graph told, as a line of text; empty when it told none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return line(value, limit)
