"""What a person does on Messenger or Instagram, as the control API asks for it."""

from __future__ import annotations

from collections.abc import Callable

from bandeja.standin import given
from bandeja.standin.messaging import telling
from bandeja.standin.post import Post
from bandeja.standin.world import INSTAGRAM, Json, Line, Media, Person, Said, Thread

FILES = {"image", "video", "audio", "voice", "file", "document", "sticker"}
AS = {"voice": "audio", "document": "file"}
WITHOUT_WINDOW = {"edit", "unsend", "optin"}
MOST_EDITS = 5


async def say(post: Post, line: Line, person: Person, body: Json) -> Said:
    """They write, react, edit, unsend or press a button; answers the message. Raises KeyError for what is missing."""
    kind, thread = body["type"], post.world.thread(line, person)
    if kind not in WITHOUT_WINDOW:
        thread.opened_at = post.world.now
    if kind in CHANGES:
        return await CHANGES[kind](post, line, person, thread, body)
    said = Said(telling.new_id(line), "person", kind, {}, post.world.now, reply_to=body.get("reply_to", ""))
    if kind in {"postback", "referral", "optin", "raw"}:
        return await _event(post, line, person, thread, said, body)
    said.node = _node(post, line, kind, body)
    if body.get("referral"):
        said.node["referral"] = body["referral"]
    thread.said[said.id] = said
    await telling.message(post, line, person, said)
    return said


async def echo(post: Post, line: Line, person: Person, body: Json) -> Said:
    """Somebody of the team answers in the inbox at Meta, or in Instagram itself."""
    said = Said(telling.new_id(line), "phone", body["type"], _node(post, line, body["type"], body), post.world.now)
    post.world.thread(line, person).said[said.id] = said
    await telling.echo(post, line, person, said)
    return said


async def read(post: Post, line: Line, person: Person) -> None:
    await telling.read(post, line, person, post.world.thread(line, person))


async def _event(post: Post, line: Line, person: Person, thread: Thread, said: Said, body: Json) -> Said:
    """What is told under a name of its own."""
    if said.type == "postback":
        told = {"mid": said.id, "title": body.get("title", ""), "payload": body["payload"]}
        thread.said[said.id] = said
        said.node = {"text": told["title"]}
        await telling.event(post, line, person, "postback", told, at=said.at)
    elif said.type == "referral":
        told = {"ref": body.get("ref", ""), "source": "SHORTLINK", "type": "OPEN_THREAD", **body.get("referral", {})}
        await telling.event(post, line, person, "referral", told, at=said.at)
    elif said.type == "optin":
        await telling.event(post, line, person, "optin", {"type": "notification_messages", **body.get("optin", {})})
    else:
        await telling.event(post, line, person, body["as"], body["node"], at=said.at)
    return said


async def _react(post: Post, line: Line, person: Person, thread: Thread, body: Json) -> Said:
    target, emoji = thread.said[body["target"]], body.get("emoji", "")
    target.reactions["person"] = emoji
    told = {"mid": target.id, "action": "react" if emoji else "unreact"}
    if emoji:
        told |= {"reaction": "love" if emoji in {"❤", "❤️"} else "other", "emoji": emoji}
    await telling.event(post, line, person, "reaction", told)
    return target


async def _edit(post: Post, line: Line, person: Person, thread: Thread, body: Json) -> Said:
    target = thread.said[body["target"]]
    if target.edits >= MOST_EDITS:
        raise ValueError("a message is edited five times at most")
    target.edits += 1
    target.node = {**target.node, "text": body["text"]}
    told = {"mid": target.id, "text": body["text"], "num_edit": target.edits}
    await telling.event(post, line, person, "message_edit", told)
    return target


async def _unsend(post: Post, line: Line, person: Person, thread: Thread, body: Json) -> Said:
    target = thread.said[body["target"]]
    target.unsent = True
    await telling.event(post, line, person, "message", {"mid": target.id, "is_deleted": True})
    return target


CHANGES = {"reaction": _react, "edit": _edit, "unsend": _unsend}


def _node(post: Post, line: Line, kind: str, body: Json) -> Json:
    """What is within `message`."""
    return _file(post, line, kind, body) if kind in FILES else NODES[kind](post, line, body)


def _location(_post: Post, _line: Line, body: Json) -> Json:
    place = {"lat": body["latitude"], "long": body["longitude"]}
    return _attached("location", {"coordinates": place}, title=body.get("name", "Location"))


def _story_reply(post: Post, line: Line, body: Json) -> Json:
    return {"text": body["text"], "reply_to": {"story": {"url": _story(post, line), "id": post.world.next_id(17)}}}


def _share(_post: Post, line: Line, body: Json) -> Json:
    payload = {"url": body.get("url", "https://example.com/post"), "title": body.get("title", "")}
    return _attached("ig_post" if line.kind == INSTAGRAM else "post", payload)


def _fallback(_post: Post, _line: Line, body: Json) -> Json:
    """A link that was shared; its payload may be null."""
    return {"text": body.get("text", ""), **_attached("fallback", None, title=body.get("title", ""))}


def _file(post: Post, line: Line, kind: str, body: Json) -> Json:
    told = AS.get(kind, kind)
    mime, name, data = given.file(body, "audio" if told == "audio" else kind)
    if kind == "sticker" and line.kind == INSTAGRAM:
        told = "image"
    payload: Json = {"url": _link(post, post.world.keep(line.id, mime, data, days=90, name=name))}
    if told == "sticker":
        payload["sticker_id"] = 369239263222822
    text = {"text": body["text"]} if body.get("text") else {}
    return {**text, **_attached(told, payload)}


def _attached(kind: str, payload: Json | None, **more: str) -> Json:
    return {"attachments": [{"type": kind, **more, "payload": payload}]}


def _story(post: Post, line: Line) -> str:
    """A story's picture, whose address dies within the day."""
    mime, name, data = given.file({}, "image")
    media: Media = post.world.keep(line.id, mime, data, days=1, name=name)
    return post.world.link(media, "/cdn/", seconds=86_400)


def _link(post: Post, media: Media) -> str:
    return post.world.link(media, "/cdn/", seconds=telling.LINK_LIVES)


NODES: dict[str, Callable[[Post, Line, Json], Json]] = {
    "text": lambda _post, _line, body: {"text": body["text"]},
    "quick_reply": lambda _post, _line, body: {"text": body["text"], "quick_reply": {"payload": body["payload"]}},
    "location": _location,
    "story_reply": _story_reply,
    "story_mention": lambda post, line, _body: _attached("story_mention", {"url": _story(post, line)}),
    "share": _share,
    "like_heart": lambda _post, _line, _body: {"attachments": [{"type": "like_heart"}]},
    "fallback": _fallback,
    "unsupported": lambda _post, _line, _body: {"is_unsupported": True},
}
