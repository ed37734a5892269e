"""One change of a WhatsApp delivery, and what its items share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bandeja.channels.contract import Delivery
from bandeja.channels.meta.values import known, node
from bandeja.channels.reading import Item, Understood
from bandeja.channels.whatsapp.person import Contacts, contacts_of, digits

CHANNEL = "whatsapp"

Said = Understood | tuple[Understood, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What the items of one change share: whose they are, when they came, and the contacts beside them.

    `number` is the line's own, in digits. `is_history` marks what was copied from the phone (closing C5).
    """

    account_id: int
    external_id: str
    received_at: datetime
    contacts: Contacts
    value: Item
    is_history: bool = False

    @property
    def number(self) -> str:
        return digits(node(self.value, "metadata").get("display_phone_number"))


def change_of(delivery: Delivery, value: Item, *, is_history: bool) -> Change:
    external_id = known(node(value, "metadata").get("phone_number_id"))
    return Change(
        delivery.lines.get((CHANNEL, external_id), 0),
        external_id,
        delivery.received_at,
        contacts_of(value),
        value,
        is_history,
    )
