"""What a number that is also used in the WhatsApp Business app shares: its chats so far, and its address book."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bandeja.channels.contract import Notice
from bandeja.channels.meta.values import node, plain, told
from bandeja.channels.reading import Item, Misunderstood, Reading, line
from bandeja.channels.whatsapp.change import CHANNEL, Change, Said
from bandeja.channels.whatsapp.message import IN_A_GROUP, understood
from bandeja.channels.whatsapp.person import digits, person
from bandeja.channels.whatsapp.status import errors_of


def read_chunk(reading: Reading, here: Change, chunk: Item) -> Notice:
    """A part of the chats copied from the phone, how far the copying has come, or the owner's refusal (2593109)."""
    if chunk.get("errors") is not None:
        return Notice(CHANNEL, "line", here.external_id, "history_refused", told(errors=errors_of(chunk["errors"])))
    reading.each(chunk.get("threads"), partial(_thread, reading, replace(here, is_history=True)))
    return Notice(CHANNEL, "line", here.external_id, "history", plain(node(chunk, "metadata")))


def _thread(reading: Reading, here: Change, thread: Item) -> Said:
    reading.each(thread.get("messages"), partial(_copied, here, thread))
    return ()


def _copied(here: Change, thread: Item, item: Item) -> Said:
    """The thread names the contact, whoever wrote the message."""
    if item.get("group_id"):
        raise Misunderstood(IN_A_GROUP)
    contact, writer = digits(thread.get("id")), digits(item.get("from"))
    number = here.number
    echo = writer == number if number else writer != contact
    user = item.get("to_user_id" if echo else "from_user_id")
    who = person(contact or item.get("to" if echo else "from"), user, None, here.contacts)
    return understood(here, item, who, echo=echo)


def read_contact(_reading: Reading, here: Change, item: Item) -> Notice:
    """An entry of the phone's own address book was added, changed or removed."""
    contact = node(item, "contact")
    name = line(contact.get("full_name")) or line(contact.get("first_name"))
    data = told(phone=digits(contact.get("phone_number")), name=name, action=line(item.get("action")))
    return Notice(CHANNEL, "line", here.external_id, "smb_app_state_sync", data)
