"""What a WhatsApp message says, by its type (meta.md A4).

`data` holds, where there is any: `location` {latitude, longitude, name, address, url}; `contacts` [{name, phones,
emails, org}]; `order` {catalog, items [{id, quantity, price, currency}]}; `button` {id, title, description}; `form`
{name, answers}; `animated`; `unsupported`, Meta's own word for what it would not show; `type`, of one we do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from bandeja.channels.contract import Kind, Media
from bandeja.channels.meta.values import MOST, amount, flag, known, node, plain, told, url, words
from bandeja.channels.reading import Item, Misunderstood, decode, line, many

NAME_LENGTH = 255


class Content(NamedTuple):
    kind: Kind
    text: str = ""
    data: Mapping[str, Any] = {}
    media: tuple[Media, ...] = ()


def read(message: Item) -> Content:
    """What it says; of a type that we do not know, or without its node, at least that something was said."""
    kind = type_of(message)
    reader = READERS.get(kind)
    if reader is None:
        return Content(Kind.UNKNOWN, data=told(type=kind))
    return reader(message)


def type_of(message: Item) -> str:
    """The type it says it is of, else the one whose node it has."""
    kind = message.get("type")
    if isinstance(kind, str) and kind:
        return line(kind)
    return next((name for name in NODES if message.get(name)), "")


def _text(message: Item) -> Content:
    text = words(node(message, "text").get("body"))
    return Content(Kind.TEXT if text else Kind.UNKNOWN, text)


def _image(message: Item) -> Content:
    return _media(Kind.IMAGE, node(message, "image"))


def _video(message: Item) -> Content:
    return _media(Kind.VIDEO, node(message, "video"))


def _document(message: Item) -> Content:
    return _media(Kind.DOCUMENT, node(message, "document"))


def _sticker(message: Item) -> Content:
    return _media(Kind.STICKER, node(message, "sticker"))


def _audio(message: Item) -> Content:
    """Recorded in the chat, a voice message, or a file; old bodies have a type `voice` of its own."""
    audio = node(message, "audio") or node(message, "voice")
    voice = flag(audio.get("voice")) or message.get("type") == "voice"
    return _media(Kind.VOICE if voice else Kind.AUDIO, audio)


def _media(kind: Kind, file: Item) -> Content:
    """The message stands without its file: Meta leaves the id out when it could not take the file in."""
    remote = known(file.get("id"))
    media = Media(
        kind,
        remote,
        mime=line(file.get("mime_type")),
        name=line(file.get("filename"), NAME_LENGTH),
        sha256=line(file.get("sha256")),
    )
    data = {"animated": True} if flag(file.get("animated")) else {}
    return Content(kind, words(file.get("caption")), data, (media,) if remote else ())


def _location(message: Item) -> Content:
    place = node(message, "location")
    name, address = line(place.get("name")), line(place.get("address"))
    location = told(
        latitude=amount(place.get("latitude")),
        longitude=amount(place.get("longitude")),
        name=name,
        address=address,
        url=url(place.get("url")),
    )
    return Content(Kind.LOCATION, ", ".join(filter(None, (name, address))), told(location=location))


def _contacts(message: Item) -> Content:
    shared = [_contact(contact) for contact in many(message.get("contacts"))[:MOST] if isinstance(contact, dict)]
    names = ", ".join(contact["name"] for contact in shared if "name" in contact)
    return Content(Kind.CONTACTS, names, told(contacts=shared))


def _contact(contact: Item) -> dict[str, Any]:
    """A card; it may have no name, and then its first number or address has to do."""
    name = node(contact, "name")
    phones = _each(contact, "phones", "phone") or _each(contact, "phones", "wa_id")
    emails = _each(contact, "emails", "email")
    parts = " ".join(filter(None, (line(name.get("first_name")), line(name.get("last_name")))))
    shown = line(name.get("formatted_name")) or parts or next(iter(phones + emails), "")
    return told(name=shown, phones=phones, emails=emails, org=line(node(contact, "org").get("company")))


def _each(contact: Item, items: str, name: str) -> list[str]:
    rows = [row for row in many(contact.get(items))[:MOST] if isinstance(row, dict)]
    return [text for row in rows if (text := line(row.get(name)))]


def _order(message: Item) -> Content:
    order = node(message, "order")
    rows = [row for row in many(order.get("product_items"))[:MOST] if isinstance(row, dict)]
    items = [_item(row) for row in rows]
    summary = ", ".join(f"{item.get('quantity', 1)} × {item['id']}" for item in items if "id" in item)
    data = told(catalog=known(order.get("catalog_id")), items=items)
    return Content(Kind.ORDER, words(order.get("text")) or summary, told(order=data))


def _item(row: Item) -> dict[str, Any]:
    return told(
        id=known(row.get("product_retailer_id")),
        quantity=amount(row.get("quantity")),
        price=amount(row.get("item_price")),
        currency=line(row.get("currency"), 10),
    )


def _button(message: Item) -> Content:
    """The quick reply of a template."""
    button = node(message, "button")
    text = words(button.get("text"))
    return Content(Kind.BUTTON_REPLY, text, told(button=told(id=words(button.get("payload")), title=text)))


def _interactive(message: Item) -> Content:
    """What was chosen in a message of ours; Meta may leave the whole node out, with an error beside the message."""
    interactive = node(message, "interactive")
    for name, reader in INTERACTIVE.items():
        if isinstance(chosen := interactive.get(name), dict):
            return reader(chosen)
    return Content(Kind.UNKNOWN, data=told(type=line(interactive.get("type")) or "interactive"))


def _chosen_button(chosen: Item) -> Content:
    return _chosen(Kind.BUTTON_REPLY, chosen)


def _chosen_row(chosen: Item) -> Content:
    return _chosen(Kind.LIST_REPLY, chosen)


def _chosen(kind: Kind, chosen: Item) -> Content:
    title = words(chosen.get("title"))
    button = told(id=words(chosen.get("id")), title=title, description=words(chosen.get("description")))
    return Content(kind, title, told(button=button))


def _form(chosen: Item) -> Content:
    """The answers come as JSON in a text; published samples have other things than an object in it."""
    answers: object = chosen.get("response_json")
    if isinstance(answers, str):
        with suppress(Misunderstood):
            answers = decode(answers.encode(errors="replace"))
    name = line(chosen.get("name"))
    return Content(
        Kind.FORM_REPLY, words(chosen.get("body")) or name, told(form=told(name=name, answers=plain(answers)))
    )


def _call_permission(chosen: Item) -> Content:
    return Content(Kind.CALL_PERMISSION, data=told(permission=plain(chosen)))


def _system(message: Item) -> Content:
    system = node(message, "system")
    return Content(Kind.SYSTEM, words(system.get("body")), told(system=line(system.get("type"))))


def _welcome(_message: Item) -> Content:
    """The chat was opened for the first time; nothing was written yet."""
    return Content(Kind.SYSTEM, data={"system": "request_welcome"})


def _unsupported(message: Item) -> Content:
    """The person did something that Meta shows to nobody; only these three are known not to be writing (C4)."""
    what = line(node(message, "unsupported").get("type"))
    return Content(SILENT_UNSUPPORTED.get(what.lower(), Kind.UNSUPPORTED), data=told(unsupported=what))


def _placeholder(_message: Item) -> Content:
    """In a history: a file that stayed on the phone, or that comes later under the same id."""
    return Content(Kind.UNKNOWN, data={"type": "media_placeholder"})


SILENT_UNSUPPORTED = {
    "edit": Kind.EDIT,
    "revoke": Kind.UNSEND,
    "delete": Kind.UNSEND,
    "reaction": Kind.REACTION,
}

INTERACTIVE: Mapping[str, Callable[[Item], Content]] = {
    "button_reply": _chosen_button,
    "list_reply": _chosen_row,
    "nfm_reply": _form,
    "call_permission_reply": _call_permission,
}

READERS: Mapping[str, Callable[[Item], Content]] = {
    "text": _text,
    "image": _image,
    "video": _video,
    "audio": _audio,
    "voice": _audio,
    "document": _document,
    "sticker": _sticker,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "button": _button,
    "interactive": _interactive,
    "system": _system,
    "request_welcome": _welcome,
    "unsupported": _unsupported,
    "unknown": _unsupported,
    "media_placeholder": _placeholder,
}

NODES = (*READERS, "reaction", "edit", "revoke")
