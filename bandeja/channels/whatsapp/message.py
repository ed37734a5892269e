"""A WhatsApp message: theirs, or what our side wrote in the WhatsApp Business app (meta.md A4).

Besides its content, `data` holds: `errors` [{code, text, details}]; `forwarded`; `product` and `referral`, as Meta
sent them; `status`, of a message copied from the phone.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_noop

from bandeja.channels.contract import Annotation, Identity, Inbound, Kind, Renaming
from bandeja.channels.meta.reasons import NO_ID, NO_TARGET
from bandeja.channels.meta.values import flag, ident, known, moment, node, plain, told, words
from bandeja.channels.reading import Item, Misunderstood, Reading, line
from bandeja.channels.whatsapp import content
from bandeja.channels.whatsapp.change import Change, Said
from bandeja.channels.whatsapp.person import BSUID, PARENT_BSUID, SCOPED, WA_ID, Person, digits, person, renamings
from bandeja.channels.whatsapp.status import errors_of

IN_A_GROUP = gettext_noop("Messages in WhatsApp groups are not taken in.")

ENDING = re.compile(rf"\bfrom (?P<old>{SCOPED.pattern}) to (?P<new>{SCOPED.pattern})\W*$")

ANNOTATIONS = {"reaction": Kind.REACTION, "edit": Kind.EDIT, "revoke": Kind.UNSEND}


def read_message(_reading: Reading, here: Change, item: Item) -> Said:
    if item.get("group_id"):
        raise Misunderstood(IN_A_GROUP)
    if (number := here.number) and digits(item.get("from")) == number:
        return read_echo(_reading, here, item)
    return understood(here, item, _writer(here, item), echo=False)


def _writer(here: Change, item: Item) -> Person:
    """A system message may name the person inside only."""
    number, user = item.get("from"), item.get("from_user_id")
    if number is None and user is None:
        system = node(item, "system")
        number = system.get("customer")
        user = system.get("previous_user_id") or system.get("user_id")
    return person(number, user, item.get("from_parent_user_id"), here.contacts)


def read_echo(_reading: Reading, here: Change, item: Item) -> Said:
    """What our side wrote in the WhatsApp Business app."""
    if item.get("group_id"):
        raise Misunderstood(IN_A_GROUP)
    reader = person(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"), here.contacts)
    return understood(here, item, reader, echo=True)


def understood(here: Change, item: Item, who: Person, *, echo: bool) -> Said:
    kind = content.type_of(item)
    if kind in ANNOTATIONS:
        return _annotation(here, item, kind, who, echo=echo)
    inbound = _inbound(here, item, who, echo=echo)
    if kind != "system":
        return inbound
    return (inbound, *_renamings(here, node(item, "system"), who.identity))


def _inbound(here: Change, item: Item, who: Person, *, echo: bool) -> Inbound:
    said = content.read(item)
    return Inbound(
        account_id=here.account_id,
        external_id=ident(item.get("id"), NO_ID),
        identity=who.identity,
        kind=said.kind,
        text=said.text,
        provider_at=moment(item.get("timestamp"), here.received_at),
        received_at=here.received_at,
        name=who.name,
        phone=who.phone,
        data={**said.data, **_beside(here, item, said)},
        aliases=who.aliases,
        variants=who.variants,
        reply_to=known(node(item, "context").get("id")),
        media=said.media,
        echo=echo,
        history=here.is_history,
        opens_window=said.kind.counts and not echo and not here.is_history,
    )


def _beside(here: Change, item: Item, said: content.Content) -> dict[str, Any]:
    """What goes along with a message of any type."""
    errors = item.get("errors") or (here.value.get("errors") if said.kind is Kind.UNKNOWN else None)
    context, referral = item.get("context"), item.get("referral")
    status = node(item, "history_context").get("status") if here.is_history else None
    if not (errors or context or referral or status):
        return {}
    context = node(item, "context")
    return told(
        errors=errors_of(errors),
        forwarded=flag(context.get("forwarded")) or flag(context.get("frequently_forwarded")),
        product=plain(context.get("referred_product")),
        referral=plain(node(item, "referral")),
        status=line(status),
    )


def _annotation(here: Change, item: Item, kind: str, who: Person, *, echo: bool) -> Annotation:
    body = node(item, kind)
    target = body.get("message_id") if kind == "reaction" else body.get("original_message_id")
    return Annotation(
        account_id=here.account_id,
        external_id=ident(item.get("id"), NO_ID),
        target=ident(target, NO_TARGET),
        kind=ANNOTATIONS[kind],
        identity=who.identity,
        text=_new_text(kind, body),
        by_us=echo,
        at=moment(item.get("timestamp"), here.received_at),
        received_at=here.received_at,
    )


def _new_text(kind: str, body: Item) -> str:
    """The emoji, or what the message says now; of a picture, that is its caption."""
    if kind == "reaction":
        return words(body.get("emoji"), 100)
    return content.read(node(body, "message")).text if kind == "edit" else ""


def _renamings(here: Change, system: Item, identity: Identity) -> tuple[Renaming, ...]:
    """A new number, or a new id within the portfolio; the old id may stand in the sentence only."""
    user, parent = known(system.get("user_id")), known(system.get("parent_user_id"))
    number = digits(system.get("wa_id") or system.get("new_wa_id"))
    after = ((WA_ID, number), (BSUID, user), (PARENT_BSUID, parent))
    previous = known(system.get("previous_user_id")) or _named(system, user)
    return renamings(here.account_id, (identity, (BSUID, previous)), after)


def _named(system: Item, user: str) -> str:
    """The old id, as the sentence ends: "… changed from CO.12 to MX.34". A name before it may look like an id."""
    said = ENDING.search(words(system.get("body"))) if user else None
    return said["old"] if said and said["new"] == user else ""
