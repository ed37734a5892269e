"""What WhatsApp's part of a delivery says (meta.md A4): `entry[] × changes[] × messages[], statuses[], …`.

It is read by shape and never by version: a change is understood by the lists it has. Only `history` must be known by
its name, because messages under it look like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bandeja.channels.contract import Delivery, Inbound, Kind, Notice
from bandeja.channels.meta.reasons import NO_ID, NO_LINE, NO_PERSON, NOTHING_KNOWN, UNKNOWN_LINE
from bandeja.channels.meta.values import NOTHING, amount, ident, joined, known, moment, node, plain, told
from bandeja.channels.reading import NO_OBJECT, Item, Misunderstood, Reading, line, many
from bandeja.channels.whatsapp.change import CHANNEL, Change, Said, change_of
from bandeja.channels.whatsapp.coexistence import read_chunk, read_contact
from bandeja.channels.whatsapp.message import read_echo, read_message
from bandeja.channels.whatsapp.person import BSUID, PARENT_BSUID, WA_ID, digits, person, renamings
from bandeja.channels.whatsapp.status import errors_of, read_status


def read_entry(delivery: Delivery, reading: Reading, entry: Item) -> Said:
    """One WhatsApp business account's changes."""
    changes = many(entry.get("changes"))
    if not changes:
        raise Misunderstood(NOTHING_KNOWN)
    reading.each(changes, partial(_read_change, delivery, reading, known(entry.get("id"))))
    return ()


def _read_change(delivery: Delivery, reading: Reading, waba: str, change: Item) -> Said:
    field, value = change.get("field"), change.get("value")
    if not isinstance(value, dict):
        raise Misunderstood(NO_OBJECT)
    if isinstance(field, str) and field in OF_THE_BUSINESS:
        return _of_business(field, waba, value)
    here = change_of(delivery, value, is_history=field == "history")
    names = [name for name in value if name in LISTS and value[name] is not None]
    if not names:
        raise Misunderstood(NOTHING_KNOWN)
    for name in names:
        reading.each(value[name], partial(_on_line, LISTS[name], reading, here))
    return ()


def _on_line(understand: Callable[[Reading, Change, Item], Said], reading: Reading, here: Change, item: Item) -> Said:
    if not here.account_id:
        raise Misunderstood(UNKNOWN_LINE if here.external_id else NO_LINE)
    return understand(reading, here, item)


def _of_business(field: str, waba: str, value: Item) -> Notice:
    """Of the whole WhatsApp business account, which partners' events name inside: their entry is a portfolio."""
    named = known(node(value, "waba_info").get("waba_id"))
    return Notice(CHANNEL, "waba", named or waba, field, plain(value))


def _call(_reading: Reading, here: Change, item: Item) -> Inbound:
    """A call of theirs opens the window; one of ours is an echo. Each of its events is a line of the thread."""
    ours = _is_ours(here, item)
    if ours:
        who = person(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"), here.contacts)
    else:
        who = person(item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id"), here.contacts)
    event = line(item.get("event"))
    call = told(event=event, status=line(item.get("status")), seconds=amount(item.get("duration")))
    return Inbound(
        account_id=here.account_id,
        external_id=joined(ident(item.get("id"), NO_ID), event),
        identity=who.identity,
        kind=Kind.CALL,
        provider_at=moment(item.get("timestamp"), here.received_at),
        received_at=here.received_at,
        name=who.name,
        phone=who.phone,
        data=told(call=call),
        aliases=who.aliases,
        variants=who.variants,
        echo=ours,
        opens_window=not ours,
    )


def _is_ours(here: Change, item: Item) -> bool:
    direction = item.get("direction")
    if isinstance(direction, str):
        return direction.upper() == "BUSINESS_INITIATED"
    number = here.number
    return bool(number) and digits(item.get("from")) == number


def _user_id(_reading: Reading, here: Change, item: Item) -> Said:
    """Meta gave a person another id in this portfolio, as it does when their number changes."""
    user, parent = node(item, "user_id"), node(item, "parent_user_id")
    number = (WA_ID, digits(item.get("wa_id")))
    after = ((BSUID, known(user.get("current"))), (PARENT_BSUID, known(parent.get("current"))), number)
    said = renamings(here.account_id, ((BSUID, known(user.get("previous"))), number), after)
    if not said:
        raise Misunderstood(NO_PERSON)
    return said


def _preference(_reading: Reading, here: Change, item: Item) -> Notice:
    return Notice(CHANNEL, "line", here.external_id, "user_preferences", plain(item))


def _error(_reading: Reading, here: Change, item: Item) -> Said:
    """Of the line itself; beside messages it tells why one of them came without what it said."""
    if here.value.get("messages"):
        return ()
    return Notice(CHANNEL, "line", here.external_id, "error", next(iter(errors_of([item])), NOTHING))


def _status(_reading: Reading, here: Change, item: Item) -> Said:
    return read_status(here.account_id, here.external_id, here.received_at, item)


LISTS: Mapping[str, Callable[[Reading, Change, Item], Said]] = {
    "messages": read_message,
    "message_echoes": read_echo,
    "calls": _call,
    "history": read_chunk,
    "user_id_update": _user_id,
    "state_sync": read_contact,
    "user_preferences": _preference,
    "statuses": _status,
    "errors": _error,
}

OF_THE_BUSINESS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "flows",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "template_category_update",
        "template_correct_category_detection",
        "tracking_events",
    }
)
"""Fields of Meta's that concern a business account or its templates; what is of no use to us is told all the same."""
