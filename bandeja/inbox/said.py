"""What a message holds besides its text and its files, read from its data for the thread to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bandeja.channels.contract import Kind
from bandeja.conversations.models import Message
from bandeja.inbox import kinds

MOST = 30
"""The most lines of a card."""
MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"

Line = tuple[str, str]
"""A label, and what it says; either may be empty."""


@dataclass(frozen=True, slots=True)
class Card:
    """A part of a message with a frame of its own. `address` is where it leads, elsewhere; empty when nowhere."""

    icon: str
    title: str
    lines: Sequence[Line] = ()
    address: str = ""
    lead: str = ""
    """What the link says."""


def cards(message: Message) -> list[Card]:
    """Everything in it that is shown as a card, in the order it is read."""
    data = message.data
    return [
        *_referral(_node(data, "referral")),
        *_product(_node(data, "product")),
        *_story(message.kind, _node(data, "story")),
        *_place(_node(data, "location")),
        *(card for contact in _rows(data, "contacts") for card in _contact(contact)),
        *_order(_node(data, "order")),
        *(card for share in _rows(data, "shares") for card in _share(share)),
        *_form(_node(data, "form")),
    ]


def is_told_by_cards(message: Message) -> bool:
    """Whether the text says only what a card says better."""
    if message.kind == Kind.ORDER:
        return message.text == _summary(_rows(_node(message.data, "order"), "items"))
    return message.kind in {Kind.LOCATION, Kind.CONTACTS}


def buttons(message: Message) -> list[str]:
    """The titles of the buttons that went along with it."""
    return [_text(button, "title") for button in _rows(message.data, "buttons")]


def _referral(referral: Mapping[str, Any]) -> list[Card]:
    """An ad or a link they came by: WhatsApp's and Messenger's words for it differ (meta.md A4, A5)."""
    ad = _node(referral, "ads_context_data")
    title = _text(referral, "headline") or _text(ad, "ad_title") or _text(referral, "ref")
    if not referral:
        return []
    is_ad = _text(referral, "source_type") == "ad" or _text(referral, "source").upper() == "ADS"
    lines = [("", text) for text in (title, _text(referral, "body")) if text]
    what = _("Came by an ad") if is_ad else _("Came by a link")
    return [Card("megaphone", what, lines, _address(referral, "source_url"), _("See it"))]


def _product(product: Mapping[str, Any]) -> list[Card]:
    name = _text(product, "product_retailer_id")
    return [Card("shopping-bag", _("About a product"), [("", name)])] if name else []


def _story(kind: str, story: Mapping[str, Any]) -> list[Card]:
    address = _address(story, "url")
    return (
        [Card("circle-dashed", kinds.label(kind), (), address, _("See the story while it lasts"))] if address else []
    )


def _place(place: Mapping[str, Any]) -> list[Card]:
    if not place:
        return []
    try:
        at = [f"{float(place[name]):.6f}" for name in ("latitude", "longitude")]
    except (KeyError, TypeError, ValueError):
        at = []
    address = MAP.format(*at) if at else _address(place, "url")
    lines = [("", text) for text in (_text(place, "name"), _text(place, "address")) if text]
    return [Card("map-pin", kinds.label(Kind.LOCATION), lines, address, _("Open the map"))]


def _contact(contact: Mapping[str, Any]) -> list[Card]:
    lines = [
        *((_("Phone"), each) for each in _texts(contact, "phones")),
        *((_("E-mail"), each) for each in _texts(contact, "emails")),
        *((_("Company"), each) for each in [_text(contact, "org")] if each),
    ]
    return [Card("contact-round", _text(contact, "name") or kinds.label(Kind.CONTACTS), lines[:MOST])]


def _order(order: Mapping[str, Any]) -> list[Card]:
    items = _rows(order, "items")
    return [Card("shopping-bag", kinds.label(Kind.ORDER), [_item(item) for item in items])] if items else []


def _item(item: Mapping[str, Any]) -> Line:
    price = " ".join(filter(None, (_text(item, "price"), _text(item, "currency"))))
    return f"{item.get('quantity', 1)} × {_text(item, 'name') or _text(item, 'id')}", price


def _share(share: Mapping[str, Any]) -> list[Card]:
    title = _text(share, "title")
    lines = [("", title)] if title else []
    return [Card("share-2", kinds.label(Kind.SHARE), lines, _address(share, "url"), _("See it"))]


def _form(form: Mapping[str, Any]) -> list[Card]:
    """What was filled in; a token that Meta puts among it says nothing to people."""
    answers = form.get("answers")
    if not isinstance(answers, Mapping):
        return []
    lines = [
        (str(name).replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in answers.items()
        if name != "flow_token" and not isinstance(value, Mapping)
    ]
    return [Card("clipboard-list", _text(form, "name") or kinds.label(Kind.FORM_REPLY), lines[:MOST])]


def _summary(items: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{item.get('quantity', 1)} × {_text(item, 'name') or _text(item, 'id')}" for item in items)


def _node(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [row for row in found[:MOST] if isinstance(row, Mapping)] if isinstance(found, list) else []


def _texts(data: Mapping[str, Any], name: str) -> list[str]:
    found = data.get(name)
    return [each for each in found[:MOST] if isinstance(each, str)] if isinstance(found, list) else []


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    return str(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""


def _address(data: Mapping[str, Any], name: str) -> str:
    """A web address only: what others send may be any."""
    address = _text(data, name)
    return address if address.startswith(("https://", "http://")) else ""
