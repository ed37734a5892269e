"""Sending on Messenger and Instagram: windows, tags, files, and the echo that follows."""

from __future__ import annotations

from functools import partial

import httpx

from bandeja.standin import errors, files, pace
from bandeja.standin.messaging import lines, shapes, telling
from bandeja.standin.post import Post
from bandeja.standin.wire import Answer, Request, Upload, answer
from bandeja.standin.world import (
    HUMAN_WINDOW,
    INSTAGRAM,
    WINDOW,
    App,
    Json,
    Line,
    Media,
    Page,
    Person,
    Profile,
    Said,
    Thread,
    scoped_id,
)


async def send(post: Post, line: Line, app: App, request: Request) -> Answer:
    """`POST /{page}/messages` or `/{instagram account}/messages`. Through a Page, also to its Instagram contacts."""
    given = {name: each for name, each in request.params.items() if name not in {"appsecret_proof", "access_token"}}
    line, person = _recipient(post, line, given)
    shapes.check(given, line.kind)
    thread = post.world.thread(line, person)
    if "sender_action" in given:
        return _act(line, person, thread, given)
    _refuse_window(post, line, app, thread, given)
    if person.blocks:
        raise errors.GraphError(551, f"(#551) {errors.TITLES[551]}", subcode=1545041)
    _keep_to_rates(post, line, given)
    said, file = await _said(post, line, app, thread, given, request.files.get("filedata"))
    thread.said[said.id] = said
    await telling.echo(post, line, person, said)
    if person.reachable:
        post.agenda.add(post.world.now + post.world.latency, partial(telling.delivered, post, line, person, said))
    told = {"recipient_id": scoped_id(line, person), "message_id": said.id}
    return answer({**told, "attachment_id": file.id} if file and _is_reusable(given) else told)


async def attach(post: Post, line: Line, request: Request) -> Answer:
    """`POST /{page}/message_attachments`: a file to send again and again."""
    message = request.given.get("message")
    if not isinstance(message, dict) or "attachment" not in message:
        raise errors.invalid("The parameter message[attachment] is required")
    if request.given.get("platform") == "instagram":
        line = telling.linked_profile(post, line.id) or line
    shapes.check_attachment(message["attachment"], line.kind)
    media = await _file(post, line, message["attachment"], request.files.get("filedata"))
    if media is None:
        raise errors.invalid("The parameter message[attachment][payload][url] is required")
    return answer({"attachment_id": media.id})


def _recipient(post: Post, line: Line, given: Json) -> tuple[Line, Person]:
    """Whom it is for, by an id that only this line knows."""
    recipient = given.get("recipient")
    if not isinstance(recipient, dict) or not recipient.get("id"):
        raise errors.invalid("The parameter recipient is required")
    known_as = str(recipient["id"])
    found = lines.whose(post, line, known_as)
    if found:
        return found
    if line.kind == INSTAGRAM:
        raise errors.invalid("The requested user cannot be found.", subcode=2534014)
    raise errors.invalid("No matching user found", subcode=2018001)


def _refuse_window(post: Post, line: Line, app: App, thread: Thread, given: Json) -> None:
    """24 hours; seven days with the tag for people's answers, where Meta granted it."""
    kind, tag = given.get("messaging_type", "RESPONSE"), given.get("tag")
    if (kind == "MESSAGE_TAG") != bool(tag):
        raise errors.invalid("tag and messaging_type MESSAGE_TAG must be given together", subcode=2018199)
    if tag in shapes.DEAD_TAGS:
        raise errors.invalid(f"The message tag {tag} is no longer supported.")
    if tag and tag != "HUMAN_AGENT":
        raise errors.invalid("Param tag must be one of {HUMAN_AGENT}")
    if tag and not app.human_agent:
        raise errors.invalid("Cannot add HUMAN_AGENT message tag. It must be approved.", subcode=2018276)
    silent_for = post.world.now - (thread.opened_at if thread.opened_at is not None else float("-inf"))
    if silent_for >= (HUMAN_WINDOW if tag else WINDOW):
        subcode = 2534022 if line.kind == INSTAGRAM else 2018278
        message = "(#10) This message is sent outside of allowed window."
        raise errors.GraphError(10, message, subcode=subcode)


def _keep_to_rates(post: Post, line: Line, given: Json) -> None:
    assert isinstance(line, Page | Profile)  # noqa: S101  for the types: nothing else comes here
    pace.keep_to_rate(post.world, line, line.rate)
    if given["message"].get("attachment", {}).get("type") in {"audio", "video"}:
        pace.keep_to_rate(post.world, line, pace.HEAVY_RATE, "heavy")


def _act(line: Line, person: Person, thread: Thread, given: Json) -> Answer:
    """Typing, seen, a reaction of ours."""
    payload = given.get("payload", {})
    if given["sender_action"] in {"react", "unreact"}:
        target = thread.said.get(str(payload.get("message_id", "")))
        if target is None:
            raise errors.invalid("The message to react to was not found")
        target.reactions["us"] = payload.get("reaction", "") if given["sender_action"] == "react" else ""
    if given["sender_action"] == "mark_seen":
        for said in thread.said.values():
            said.seen = said.seen or not said.ours
    return answer({"recipient_id": scoped_id(line, person)})


async def _said(
    post: Post, line: Line, app: App, thread: Thread, given: Json, upload: Upload | None
) -> tuple[Said, Media | None]:
    message, reply_to = given["message"], given.get("reply_to") or given["message"].get("reply_to") or {}
    if reply_to and reply_to.get("mid") not in thread.said:
        raise errors.invalid("The message to reply to was not found")
    node: Json = {"text": message["text"]} if "text" in message else {}
    media = None
    if "attachment" in message:
        media = await _file(post, line, message["attachment"], upload)
        node = {"attachments": [_told(post, message["attachment"], media)]}
    kind = "text" if "text" in message else message.get("attachment", {}).get("type", "image")
    mid = telling.new_id(line)
    handle, reply = str(message.get("metadata", "")), str(reply_to.get("mid", ""))
    return Said(mid, "app", kind, node, post.world.now, handle, app.id, reply), media


def _told(post: Post, attachment: Json, media: Media | None) -> Json:
    if media is None:
        return {name: each for name, each in attachment.items() if name == "type" or each}
    return {
        "type": attachment["type"],
        "payload": {"url": post.world.link(media, "/cdn/", seconds=telling.LINK_LIVES)},
    }


async def _file(post: Post, line: Line, attachment: Json, upload: Upload | None) -> Media | None:
    """The file of an attachment, kept; None for what has none. Raises GraphError when it may not be sent."""
    kind, payload = attachment["type"], attachment.get("payload", {})
    if kind not in shapes.LIMITS[line.kind].mimes:
        return None
    if payload.get("attachment_id"):
        return _kept(post, line, str(payload["attachment_id"]))
    if payload.get("url"):
        upload = await _fetched(post, payload["url"])
    if upload is None:
        raise errors.invalid("An attachment needs a url, an attachment_id or a file", subcode=2018074)
    shapes.refuse_file(line.kind, kind, upload.mime, upload.data)
    if kind != "file" and not files.is_what_it_says(upload.mime, upload.data):
        raise errors.invalid(f"Upload attachment failure: this is no {upload.mime}.", subcode=2018047)
    return post.world.keep(line.id, upload.mime, upload.data, days=90, name=upload.name)


def _kept(post: Post, line: Line, media_id: str) -> Media:
    media = post.world.media.get(media_id)
    if media is None or media.line != line.id:
        raise errors.invalid("Invalid attachment_id", subcode=2018074)
    return media


async def _fetched(post: Post, url: str) -> Upload:
    try:
        reply = await post.client.get(url, timeout=10.0)
        reply.raise_for_status()
    except httpx.HTTPError as error:
        raise errors.invalid(f"Failed to fetch the file from the url: {error}", subcode=2018008) from error
    mime = reply.headers.get("content-type", "application/octet-stream").partition(";")[0]
    return Upload(url.partition("?")[0].rpartition("/")[2], mime, reply.content)


def _is_reusable(given: Json) -> bool:
    payload = given["message"].get("attachment", {}).get("payload", {})
    return str(payload.get("is_reusable", False)).lower() == "true"
