"""Who a WhatsApp message is from or to (meta.md E6).

A person has a number, an id that is theirs with one business portfolio (BSUID), or both: those who use a username
show no number. The answer goes to what Meta used: the number where there is one, else the BSUID.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bandeja.channels.contract import Identity, Renaming
from bandeja.channels.meta.reasons import NO_PERSON
from bandeja.channels.meta.values import NOTHING, known, node
from bandeja.channels.reading import Item, Misunderstood, line, many
from bandeja.channels.whatsapp.numbers import variants

WA_ID = "wa_id"
BSUID = "bsuid"
PARENT_BSUID = "parent_bsuid"

SCOPED = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""A BSUID, as Meta describes it; some senders put it where a number is meant."""
WRITTEN = re.compile(r"\+?[0-9][0-9 ().-]*")
NOT_DIGITS = re.compile(r"[^0-9]+")

Contacts = Mapping[str, Item]
"""The contacts that came with a delivery, by each of their ids."""


class Person(NamedTuple):
    identity: Identity
    aliases: tuple[Identity, ...] = ()
    variants: tuple[Identity, ...] = ()
    name: str = ""
    phone: str = ""


def contacts_of(value: Item) -> Contacts:
    """Found by id and never by place: Meta sends fewer of them than messages, or none."""
    found: dict[str, Item] = {}
    for contact in many(value.get("contacts")):
        if isinstance(contact, dict):
            found[known(contact.get("user_id"))] = contact
            found[digits(contact.get("wa_id"))] = contact
    found.pop("", None)
    return found


def digits(value: object) -> str:
    """A number as WhatsApp's ids have it, without `+` and blanks; what is no number stays what it is."""
    text = known(value)
    if text.isdecimal() or not WRITTEN.fullmatch(text):
        return text
    return NOT_DIGITS.sub("", text)


def person(number: object, user: object, parent: object, contacts: Contacts) -> Person:
    """Raises Misunderstood when there is no id at all: without one there is nobody to answer."""
    wa_id, bsuid = digits(number), known(user)
    if "." in wa_id and SCOPED.fullmatch(wa_id):
        wa_id, bsuid = "", bsuid or wa_id
    others = variants(wa_id) if wa_id.isdecimal() else ()
    contact = _contact(contacts, bsuid, wa_id, *others)
    bsuid = bsuid or known(contact.get("user_id"))
    above = known(parent) or known(contact.get("parent_user_id"))
    if not wa_id and not bsuid:
        raise Misunderstood(NO_PERSON)
    return Person(
        (WA_ID, wa_id) if wa_id else (BSUID, bsuid),
        _aliases(bsuid if wa_id else "", above),
        tuple((WA_ID, other) for other in others),
        _name(contact),
        f"+{wa_id}" if wa_id.isdecimal() and 7 <= len(wa_id) <= 15 else "",
    )


def _contact(contacts: Contacts, *ids: str) -> Item:
    return next((contacts[at] for at in ids if at in contacts), NOTHING)


def _aliases(bsuid: str, parent: str) -> tuple[Identity, ...]:
    found = ((BSUID, bsuid), (PARENT_BSUID, parent))
    return tuple(identity for identity in found if identity[1])


def _name(contact: Item) -> str:
    profile = node(contact, "profile")
    if name := line(profile.get("name")):
        return name
    username = line(profile.get("username")).lstrip("@")
    return f"@{username}" if username else ""


def renamings(account_id: int, before: Sequence[Identity], after: Sequence[Identity]) -> tuple[Renaming, ...]:
    """Of each id that the person had, for we may know them by one and not by the other; they may have it still."""
    had = dict.fromkeys(identity for identity in before if identity[1])
    has = dict.fromkeys(identity for identity in after if identity[1])
    told = ((old, tuple(new for new in has if new != old)) for old in had)
    return tuple(Renaming(account_id, old, new, is_gone=old not in has) for old, new in told if new)
