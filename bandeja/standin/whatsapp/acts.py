"""What a person does on WhatsApp, as the control API asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable

from bandeja.standin import given
from bandeja.standin.post import Post
from bandeja.standin.whatsapp import telling
from bandeja.standin.world import Json, Number, Person, Said, Thread

FILES = {"image", "video", "document", "sticker", "audio", "voice"}


async def say(post: Post, number: Number, person: Person, body: Json) -> Said:
    """They write, react, edit or unsend; answers the message. Raises KeyError for what is missing."""
    kind, thread = body["type"], post.world.thread(number, person)
    if kind == "call":
        return await _call(post, number, person, thread)
    said = Said(telling.new_id(), "person", *_node(post, number, kind, body), post.world.now)
    if kind in {"reaction", "edit", "unsend"}:
        _change(thread.said[body["target"]], kind, body)
    else:
        thread.said[said.id], thread.opened_at = said, said.at
    said.reply_to = body.get("reply_to", "")
    extra = _about(number, thread, said, body)
    await telling.message(post, number, person, said, extra)
    return said


async def echo(post: Post, number: Number, person: Person, body: Json) -> Said:
    """Somebody of the team answers in the phone app; or edits or unsends there."""
    thread = post.world.thread(number, person)
    said = Said(telling.new_id(), "phone", *_node(post, number, body["type"], body), post.world.now)
    if body["type"] in {"edit", "unsend"}:
        _change(thread.said[body["target"]], body["type"], body)
    else:
        thread.said[said.id] = said
    await telling.echo(post, number, person, said)
    return said


async def read(post: Post, number: Number, person: Person) -> None:
    """They open the chat: everything is read, even what was never told as delivered."""
    for said in list(post.world.thread(number, person).said.values()):
        if said.ours and "failed" not in said.states:
            await telling.status(post, number, person, said, "read")


async def play(post: Post, number: Number, person: Person, message_id: str) -> None:
    await telling.status(post, number, person, post.world.thread(number, person).said[message_id], "played")


async def _call(post: Post, number: Number, person: Person, thread: Thread) -> Said:
    """A call opens the window as a message does."""
    thread.opened_at = post.world.now
    said = Said(telling.new_id(), "person", "call", {}, post.world.now)
    call = {**telling.sender(post, number, person), "id": said.id, "event": "connect", "timestamp": str(int(said.at))}
    told = telling.value(number, contacts=[telling.contact(post, number, person)], calls=[call])
    await telling.owner_says(post, number, "calls", told)
    return said


def _node(post: Post, number: Number, kind: str, body: Json) -> tuple[str, Json]:
    """The type and its node, as webhooks tell them."""
    if kind in FILES:
        return _file(post, number, kind, body)
    if kind == "raw":
        return body["as"], body.get("node", {})
    return NODES[kind](body)


def _file(post: Post, number: Number, kind: str, body: Json) -> tuple[str, Json]:
    mime, name, data = given.file(body, kind)
    media = post.world.keep(number.id, mime, data, days=telling.MEDIA_DAYS, name=name)
    told = "audio" if kind == "voice" else kind
    more: Json = {"voice": kind == "voice"} if told == "audio" else {}
    if kind == "sticker":
        more["animated"] = False
    if kind == "document":
        more["filename"] = name
    if body.get("text") and kind in {"image", "video", "document"}:
        more["caption"] = body["text"]
    return told, {told: telling.media_node(post, media, **more)}


def _interactive(kind: str) -> Callable[[Json], tuple[str, Json]]:
    def node(body: Json) -> tuple[str, Json]:
        reply = {name: body[name] for name in ("id", "title", "description") if name in body}
        return "interactive", {"interactive": {"type": kind, kind: reply}}

    return node


def _form(body: Json) -> tuple[str, Json]:
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(body.get("answers", {}))}
    return "interactive", {"interactive": {"type": "nfm_reply", "nfm_reply": reply}}


def _location(body: Json) -> tuple[str, Json]:
    names = ("latitude", "longitude", "name", "address", "url")
    return "location", {"location": {name: body[name] for name in names if name in body}}


def _edit(body: Json) -> tuple[str, Json]:
    message = {"type": "text", "text": {"body": body["text"]}}
    return "edit", {"edit": {"original_message_id": body["target"], "message": message}}


def _reaction(body: Json) -> tuple[str, Json]:
    emoji = {"emoji": body["emoji"]} if body.get("emoji") else {}
    return "reaction", {"reaction": {"message_id": body["target"], **emoji}}


def _unsupported(body: Json) -> tuple[str, Json]:
    error = {
        "code": 131051,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }
    return "unsupported", {"errors": [error], "unsupported": {"type": body.get("unsupported", "poll_creation")}}


NODES: dict[str, Callable[[Json], tuple[str, Json]]] = {
    "text": lambda body: ("text", {"text": {"body": body["text"]}}),
    "location": _location,
    "contacts": lambda body: ("contacts", {"contacts": body["contacts"]}),
    "button": lambda body: (
        "button",
        {"button": {"text": body["text"], "payload": body.get("payload", body["text"])}},
    ),
    "button_reply": _interactive("button_reply"),
    "list_reply": _interactive("list_reply"),
    "form_reply": _form,
    "order": lambda body: ("order", {"order": body["order"]}),
    "reaction": _reaction,
    "edit": _edit,
    "unsend": lambda body: ("revoke", {"revoke": {"original_message_id": body["target"]}}),
    "unsupported": _unsupported,
}


def _change(target: Said, kind: str, body: Json) -> None:
    if kind == "reaction":
        target.reactions["person"] = body.get("emoji", "")
    elif kind == "edit":
        target.edits += 1
        target.node = {**target.node, "text": {"body": body["text"]}}
    else:
        target.unsent = True


def _about(number: Number, thread: Thread, said: Said, body: Json) -> Json:
    """What it answers, that it was forwarded, the ad it came from."""
    extra: Json = {}
    if said.reply_to:
        target = thread.said.get(said.reply_to)
        ours = "".join(filter(str.isdigit, number.display))
        extra["context"] = {"id": said.reply_to, **({"from": ours} if target and target.ours else {})}
    if body.get("forwarded"):
        extra["context"] = {"forwarded": True}
    if body.get("referral"):
        extra["referral"] = body["referral"]
        thread.ad_at, thread.free_until = said.at, None
    return extra
