"""Web chat: what the widget on somebody's site sends."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from bandeja.channels.contract import Delivery, Inbound, Parsed
from bandeja.channels.reading import NO_TEXT, Item, Misunderstood, body_text, key, line, read_items
from bandeja.channels.webchat import visitor

VISITOR = "visitor"
"""The kind of identity a visitor has; its value is the id their token proves."""

NO_VISITOR = gettext_noop("The delivery does not say which visitor wrote it.")
NO_ID = gettext_noop("id must be a text of 1 to 200 characters, none of them a control character.")


class WebChat:
    """`{"id", "text", "name"?, "email"?, "page"?}`, from a visitor whose token the door has verified."""

    key = "webchat"
    body_limit = 64 * 1024
    """Of the whole delivery: a text of more than 64 KB is refused at the door, so that its writer is told."""
    text_limit = 64 * 1024

    def verify(self, external_id: str, token_hash: str, credential: str) -> str | None:
        """The visitor's id."""
        return visitor.read(credential, external_id)

    def parse(self, delivery: Delivery) -> Parsed:
        return read_items(delivery, partial(_understand, delivery, self.text_limit))


def _understand(delivery: Delivery, text_limit: int, item: Item) -> Inbound:
    sender = key(delivery.headers.get("sender"), NO_VISITOR)
    text, data = body_text(item.get("text"), text_limit)
    if not text:
        raise Misunderstood(NO_TEXT)
    page = _page(item.get("page"))
    return Inbound(
        account_id=delivery.account_id,
        external_id=message_key(sender, key(item.get("id"), NO_ID)),
        identity=(VISITOR, sender),
        text=text,
        received_at=delivery.received_at,
        name=line(item.get("name")),
        email=line(item.get("email")),
        data={**data, "page": page} if page else data,
    )


def message_key(sender: str, client_id: str) -> str:
    """A message's external id: the visitor's too, so that nobody can take the id another will use."""
    return f"{sender}:{client_id}"


def _page(value: object) -> str:
    """The address the visitor wrote from; only one that is safe to link to."""
    page = line(value, 2_000)
    try:
        scheme = urlsplit(page).scheme
    except ValueError:
        return ""
    return page if scheme in {"http", "https"} else ""
