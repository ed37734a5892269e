"""The API channel: what an integrator's program sends for its contacts."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial

from django.utils.translation import gettext_noop

from bandeja.channels.contract import Delivery, Inbound, Kind, Parsed
from bandeja.channels.reading import NO_TEXT, Item, Misunderstood, body_text, instant, key, line, read_items

EXTERNAL = "external"
"""The kind of identity an integrator's contact has; its value is the id their program knows them by."""

NO_CONTACT = gettext_noop("contact must be a JSON object with an id.")
NO_CONTACT_ID = gettext_noop("contact.id must be a text of 1 to 200 characters, none of them a control character.")
NO_EXTERNAL_ID = gettext_noop("external_id must be a text of 1 to 200 characters, none of them a control character.")


class Api:
    """`{"external_id", "contact": {"id", "name"?, "email"?, "phone"?}, "text", "kind"?, "sent_at"?}`, or a list."""

    key = "api"
    body_limit = 3 * 1024 * 1024
    text_limit = 64 * 1024

    def verify(self, external_id: str, token_hash: str, credential: str) -> str | None:
        """The account itself: its token is the only sender it has."""
        offered = hashlib.sha256(credential.encode(errors="replace")).hexdigest()
        return external_id if token_hash and hmac.compare_digest(offered, token_hash) else None

    def parse(self, delivery: Delivery) -> Parsed:
        return read_items(delivery, partial(_understand, delivery, self.text_limit))


def _understand(delivery: Delivery, text_limit: int, item: Item) -> Inbound:
    contact = item.get("contact")
    if not isinstance(contact, dict):
        raise Misunderstood(NO_CONTACT)
    kind = _kind(item.get("kind"))
    text, data = body_text(item.get("text"), text_limit)
    if kind is Kind.TEXT and not text:
        raise Misunderstood(NO_TEXT)
    return Inbound(
        account_id=delivery.account_id,
        external_id=key(item.get("external_id"), NO_EXTERNAL_ID),
        identity=(EXTERNAL, key(contact.get("id"), NO_CONTACT_ID)),
        kind=kind,
        text=text,
        provider_at=instant(item.get("sent_at"), delivery.received_at),
        received_at=delivery.received_at,
        name=line(contact.get("name")),
        email=line(contact.get("email")),
        phone=line(contact.get("phone"), 40),
        data=data,
    )


def _kind(value: object) -> Kind:
    if value is None:
        return Kind.TEXT
    try:
        return Kind(value)  # type: ignore[arg-type]  # what it is not is refused below
    except ValueError:
        return Kind.UNKNOWN
