"""The Reader of what Meta's apps deliver: one signed callback for WhatsApp, Messenger and Instagram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bandeja.channels.contract import Delivery, Parsed
from bandeja.channels.instagram.parse import INSTAGRAM
from bandeja.channels.messenger.parse import MESSENGER
from bandeja.channels.meta import messaging
from bandeja.channels.meta.reasons import NO_ENTRY, UNKNOWN_OBJECT
from bandeja.channels.reading import Item, Misunderstood, Reading, Understood, decode, many, unreadable
from bandeja.channels.whatsapp import parse as whatsapp

READERS: Mapping[str, Callable[[Delivery, Reading, Item], Understood | tuple[Understood, ...]]] = {
    "whatsapp_business_account": whatsapp.read_entry,
    "page": partial(messaging.read_entry, MESSENGER),
    "instagram": partial(messaging.read_entry, INSTAGRAM),
}


class Meta:
    """A body may hold 1,000 items of many accounts; each is understood, or set aside, by itself (meta.md A2)."""

    body_limit = 3 * 1024 * 1024
    """The largest that Meta sends (https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks)."""

    def parse(self, delivery: Delivery) -> Parsed:
        try:
            body = decode(delivery.body)
        except Misunderstood as error:
            return unreadable(delivery, error)
        reading = Reading()
        reading.each([body], partial(_read, delivery, reading))
        return reading.parsed()


def _read(delivery: Delivery, reading: Reading, body: Item) -> tuple[Understood, ...]:
    name = body.get("object")
    reader = READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise Misunderstood(UNKNOWN_OBJECT)
    entries = many(body.get("entry"))
    if not entries:
        raise Misunderstood(NO_ENTRY)
    reading.each(entries, partial(reader, delivery, reading))
    return ()
