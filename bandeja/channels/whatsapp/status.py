"""What became of a WhatsApp message of ours (meta.md A4); how far a state counts is for whoever keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from bandeja.channels.contract import Notice, State, Status
from bandeja.channels.meta.reasons import NO_ID
from bandeja.channels.meta.values import ident, known, moment, node, told, words
from bandeja.channels.reading import Item, Misunderstood, line, many

UNKNOWN_STATUS = gettext_noop("It has a status that Bandeja does not know.")

STATES: Mapping[str, State] = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.PLAYED,
    "failed": State.FAILED,
}
FORMER = frozenset({"deleted", "warning"})
"""Statuses of old bodies; they tell nothing of how far the message came."""
FREE = frozenset({"free_entry_point", "referral_conversion"})
"""What a conversation is called that began at an advertisement: free to write in until it expires."""
MOST_FREE = timedelta(days=30)
"""Meta's pages say 72 hours and 7 days; a date far beyond them is none."""
OF_NO_MESSAGE = frozenset({"call", "payment"})
"""What a status may be of besides a message: a payment that failed is no message that did."""
MOST_ERRORS = 10


def read_status(account_id: int, external_id: str, received_at: datetime, item: Item) -> Status | Notice:
    said = line(item.get("status"), 40).lower()
    if said in FORMER or line(item.get("type")) in OF_NO_MESSAGE:
        return Notice("whatsapp", "line", external_id, "status", told(id=known(item.get("id")), status=said))
    state = STATES.get(said)
    if state is None:
        raise Misunderstood(UNKNOWN_STATUS)
    errors = errors_of(item.get("errors"))
    return Status(
        account_id=account_id,
        external_id=ident(item.get("id"), NO_ID),
        state=state,
        handle=known(item.get("biz_opaque_callback_data")),
        at=moment(item.get("timestamp"), received_at),
        error=errors[0] if errors and state is State.FAILED else None,
        free_until=_free_until(item, received_at),
    )


def _free_until(item: Item, received_at: datetime) -> datetime | None:
    """As Meta says it, never computed (meta.md A9)."""
    conversation = item.get("conversation")
    if not isinstance(conversation, dict):
        return None
    origin, pricing = node(conversation, "origin"), node(item, "pricing")
    named = (origin.get("type"), pricing.get("type"), pricing.get("category"))
    if not any(isinstance(name, str) and name in FREE for name in named):
        return None
    return moment(conversation.get("expiration_timestamp"), received_at + MOST_FREE)


def errors_of(value: object) -> list[dict[str, Any]]:
    """Meta's errors as `{"code", "text", "details"?}`; its titles are to go, so the code is what to decide on."""
    return [_error(error) for error in many(value)[:MOST_ERRORS] if isinstance(error, dict)]


def _error(error: Item) -> dict[str, Any]:
    details = words(node(error, "error_data").get("details"), 2_000) or words(error.get("details"), 2_000)
    text = line(error.get("title"), 500) or line(error.get("message"), 500)
    return {"code": _code(error.get("code")), "text": text, **told(details=details)}


def _code(value: object) -> int | None:
    text = known(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
