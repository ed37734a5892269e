"""What each type of WhatsApp message must look like, and nothing else (Cloud API reference, November 2026)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from bandeja.standin import errors
from bandeja.standin.shape import child, number, one_of, only, optional, rows, text
from bandeja.standin.world import Json

COMMON = {"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"}
MEDIA = {
    "image": {"id", "link", "caption"},
    "video": {"id", "link", "caption"},
    "audio": {"id", "link", "voice"},
    "document": {"id", "link", "caption", "filename"},
    "sticker": {"id", "link"},
}


def check(given: Json) -> str:
    """Look at a message to send; answers its type. Raises GraphError with what is wrong."""
    product(given)
    kind = one_of({"type": given.get("type", "text")}, "type", {*SHAPES, "contacts"})
    only(given, COMMON | {kind})
    if given.get("recipient_type", "individual") != "individual":
        raise errors.bad_value("Param recipient_type must be one of {individual}.")
    if "context" in given:
        context = child(given, "context")
        only(context, {"message_id"}, "context")
        text(context, "message_id", "context", most=512)
    optional(given, "biz_opaque_callback_data", most=512)
    if kind == "contacts":
        _contacts(rows(given, kind, most=257))
    else:
        SHAPES[kind](child(given, kind))
    return kind


def product(given: Json) -> None:
    """Every call to a number says which product it means."""
    one_of(given, "messaging_product", {"whatsapp"})


def _text(node: Json) -> None:
    only(node, {"body", "preview_url"}, "text")
    text(node, "body", "text", most=4096)
    if not isinstance(node.get("preview_url", False), bool):
        raise errors.bad_value("Param text['preview_url'] must be a boolean.")


def _media(kind: str) -> Callable[[Json], None]:
    def check_media(node: Json) -> None:
        only(node, MEDIA[kind], kind)
        if ("id" in node) == ("link" in node):
            raise errors.bad_value(f"Exactly one of {kind}['id'] and {kind}['link'] must be given.")
        if "link" in node and urlsplit(text(node, "link", kind, most=2048)).scheme not in {"http", "https"}:
            raise errors.bad_value(f"Param {kind}['link'] is not a valid URI.")
        optional(node, "caption", kind, most=1024)
        optional(node, "filename", kind, most=240)

    return check_media


def _location(node: Json) -> None:
    only(node, {"latitude", "longitude", "name", "address"}, "location")
    number(node, "latitude", "location", -90, 90)
    number(node, "longitude", "location", -180, 180)
    optional(node, "name", "location", most=1000)
    optional(node, "address", "location", most=1000)


def _contacts(cards: list[Json]) -> None:
    for card in cards:
        text(child(card, "name", "contacts"), "formatted_name", "contacts['name']", most=1024)


def _reaction(node: Json) -> None:
    only(node, {"message_id", "emoji"}, "reaction")
    text(node, "message_id", "reaction", most=512)
    text(node, "emoji", "reaction", most=16, least=0)


def _interactive(node: Json) -> None:
    kind = one_of(node, "type", INTERACTIVE, "interactive")
    only(node, {"type", "header", "body", "footer", "action"}, "interactive")
    text(child(node, "body", "interactive"), "text", "interactive['body']", most=1024)
    if "footer" in node:
        text(child(node, "footer", "interactive"), "text", "interactive['footer']", most=60)
    INTERACTIVE[kind](child(node, "action", "interactive"))


def _buttons(action: Json) -> None:
    where = "interactive['action']"
    only(action, {"buttons"}, where)
    replies = []
    for button in rows(action, "buttons", where, most=3):
        one_of(button, "type", {"reply"}, "button")
        replies.append(child(button, "reply", "button"))
    _options(replies, "reply", most=20)


def _list(action: Json) -> None:
    where = "interactive['action']"
    only(action, {"button", "sections"}, where)
    text(action, "button", where, most=20)
    lines = [
        row
        for section in rows(action, "sections", where, most=10)
        for row in rows(section, "rows", "section", most=10)
    ]
    if len(lines) > 10:
        raise errors.bad_value("Total row count exceeds the maximum allowed count: 10.")
    _options(lines, "row", most=24)


def _options(options: list[Json], where: str, *, most: int) -> None:
    """Things to choose from: ids and titles, each once."""
    ids = [text(option, "id", where, most=256) for option in options]
    titles = [text(option, "title", where, most=most) for option in options]
    if len(set(ids)) < len(ids) or len(set(titles)) < len(titles):
        raise errors.bad_value(f"Duplicated {where} ids or titles.")


def _link(action: Json) -> None:
    one_of(action, "name", {"cta_url"}, "action")
    parameters = child(action, "parameters", "action")
    text(parameters, "display_text", "parameters", most=20)
    text(parameters, "url", "parameters", most=2000)


def _ask_location(action: Json) -> None:
    one_of(action, "name", {"send_location"}, "action")


def _template(node: Json) -> None:
    only(node, {"name", "language", "components"}, "template")
    text(node, "name", "template", most=512)
    language = child(node, "language", "template")
    only(language, {"code", "policy"}, "template['language']")
    text(language, "code", "template['language']", most=20)
    for component in rows(node, "components", "template", most=13, least=0) if "components" in node else []:
        _component(component)


def _component(component: Json) -> None:
    kind = one_of(component, "type", {"header", "body", "button"}, "component")
    only(component, {"type", "sub_type", "index", "parameters"}, "component")
    if kind == "button":
        one_of(component, "sub_type", {"quick_reply", "url", "copy_code"}, "component")
        number(component, "index", "component", 0, 9)
    for parameter in rows(component, "parameters", "component", most=60, least=0):
        _parameter(parameter)


def _parameter(parameter: Json) -> None:
    kinds = {"text", "payload", "coupon_code", "currency", "date_time", "image", "video", "document", "location"}
    kind = one_of(parameter, "type", kinds, "parameter")
    if kind in {"text", "payload", "coupon_code"}:
        text(parameter, kind, "parameter", most=1024)
    elif kind in MEDIA:
        _media(kind)(child(parameter, kind, "parameter"))
    else:
        child(parameter, kind, "parameter")


INTERACTIVE: dict[str, Callable[[Json], None]] = {
    "button": _buttons,
    "list": _list,
    "cta_url": _link,
    "location_request_message": _ask_location,
}
SHAPES: dict[str, Callable[[Json], None]] = {
    "text": _text,
    **{kind: _media(kind) for kind in MEDIA},
    "location": _location,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}
