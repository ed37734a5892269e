"""What happens on Messenger and Instagram besides messages (meta.md A5, A6), and which events there are.

`data` holds: `button` {id, title} of a postback; `order` {items}; `referral`, `opt_in` and `handover`, as Meta sent
them. What has no id of its own gets a key of what makes it itself (meta.md E5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bandeja.channels.contract import Annotation, Inbound, Kind, Notice, State, Status, Watermark
from bandeja.channels.meta.message import read_message
from bandeja.channels.meta.reasons import NO_TARGET
from bandeja.channels.meta.scene import Said, Scene, annotation, inbound
from bandeja.channels.meta.values import MOST, amount, digest, ident, joined, known, moment, plain, told, words
from bandeja.channels.reading import Item, Misunderstood, Understood, line, many

FACES = {"love": "❤️", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠", "like": "👍", "dislike": "👎"}
"""Messenger's seven reactions, for the bodies that only name them."""


def _edit(scene: Scene, edit: Item) -> Annotation:
    mid = ident(edit.get("mid"), NO_TARGET)
    return annotation(scene, joined(mid, known(edit.get("num_edit"))), mid, Kind.EDIT, words(edit.get("text")))


def _reaction(scene: Scene, reaction: Item) -> Annotation:
    """Taken back when it says so; else the emoji, or the one that its name stands for."""
    mid = ident(reaction.get("mid"), NO_TARGET)
    action, name = line(reaction.get("action")), line(reaction.get("reaction"), 100)
    emoji = words(reaction.get("emoji"), 100)
    at = known(scene.event.get("timestamp"))
    key = joined(mid, scene.us if scene.ours else scene.contact, action, emoji, at)
    text = "" if action == "unreact" else emoji or FACES.get(name, name) or FACES["like"]
    return annotation(scene, key, mid, Kind.REACTION, text, opens_window=bool(text))


def _postback(scene: Scene, postback: Item) -> Inbound:
    """A button of ours was pressed; while another app has the conversation its payload is left out."""
    title, payload = words(postback.get("title")), words(postback.get("payload"))
    mid = known(postback.get("mid"))
    at = known(scene.event.get("timestamp"))
    key = mid or f"postback:{digest(scene.contact, scene.us, at, postback.get('payload'))}"
    referral = postback.get("referral") or scene.event.get("referral")
    data = told(
        button=told(id=payload, title=title), referral=plain(referral) if isinstance(referral, dict) else None
    )
    return inbound(scene, key, Kind.POSTBACK, title or payload, data=data)


def _order(scene: Scene, order: Item) -> Inbound:
    """A cart that was sent."""
    rows = [row for row in many(order.get("products")) if isinstance(row, dict)]
    items = [
        told(
            id=known(row.get("retailer_id")) or known(row.get("id")),
            name=line(row.get("name")),
            quantity=amount(row.get("quantity")),
            price=amount(row.get("unit_price")),
            currency=line(row.get("currency"), 10),
        )
        for row in rows[:MOST]
    ]
    named = ((item.get("quantity", 1), item.get("name") or item.get("id")) for item in items)
    text = words(order.get("note")) or ", ".join(f"{count} × {name}" for count, name in named if name)
    return inbound(scene, _key(scene, "order", order), Kind.ORDER, text, data={"order": {"items": items}})


def _referral(scene: Scene, referral: Item) -> Inbound:
    """A link into the conversation was followed; nothing was written."""
    key = _key(scene, "referral", referral)
    data = {"referral": plain(referral)}
    return inbound(scene, key, Kind.REFERRAL, "", data=data, opens_window=not scene.ours)


def _optin(scene: Scene, optin: Item) -> Said:
    """Of a checkbox on a site it names nobody yet."""
    if not scene.contact:
        return scene.notice("optin", optin)
    return inbound(scene, _key(scene, "optin", optin), Kind.OPT_IN, "", data={"opt_in": plain(optin)})


def _handover(name: str, scene: Scene, body: Item) -> Said:
    """Another app, or ours, has the conversation now."""
    if not scene.contact or scene.contact == scene.us:
        return scene.notice(name, body)
    data = {"handover": {"what": name, **plain(body)}}
    return inbound(scene, _key(scene, name, body), Kind.SYSTEM, "", data=data, echo=False)


def _key(scene: Scene, name: str, body: Item) -> str:
    return f"{name}:{digest(scene.contact, known(scene.event.get('timestamp')), body)}"


def _delivered(scene: Scene, delivery: Item) -> Said:
    return _reached(scene, State.DELIVERED, delivery, many(delivery.get("mids")))


def _read(scene: Scene, read: Item) -> Said:
    """On Messenger everything up to an instant, on Instagram one message."""
    return _reached(scene, State.READ, read, many(read.get("mid")))


def _reached(scene: Scene, state: State, body: Item, mids: list[Any]) -> Said:
    if scene.ours:
        return scene.notice(state.value, {})
    until = moment(body.get("watermark"), scene.received_at)
    named = (mid for one in mids if (mid := known(one)))
    said: list[Understood] = [Status(scene.account_id, mid, state, at=scene.at or until) for mid in named]
    if until is not None:
        said.append(Watermark(scene.account_id, scene.identity, state, until))
    if not said:
        raise Misunderstood(NO_TARGET)
    return tuple(said)


def _told(name: str, scene: Scene, body: Item) -> Notice:
    """Understood, and of no consequence for a conversation."""
    return scene.notice(name, body)


EVENTS: Mapping[str, Callable[[Scene, Item], Said]] = {
    "message": read_message,
    "delivery": _delivered,
    "read": _read,
    "postback": _postback,
    "reaction": _reaction,
    "message_edit": _edit,
    "order": _order,
    "optin": _optin,
    "pass_thread_control": partial(_handover, "pass_thread_control"),
    "take_thread_control": partial(_handover, "take_thread_control"),
    "request_thread_control": partial(_handover, "request_thread_control"),
    "referral": _referral,
    "app_roles": partial(_told, "app_roles"),
    "policy-enforcement": partial(_told, "policy_enforcement"),
    "account_linking": partial(_told, "account_linking"),
    "response_feedback": partial(_told, "response_feedback"),
}
"""The commonest first, and a referral last: it may also go along with another event."""
