"""Files on WhatsApp: what it takes, uploading, and fetching by addresses that die after five minutes."""

from __future__ import annotations

import httpx

from bandeja.standin import errors, files
from bandeja.standin.post import Post
from bandeja.standin.whatsapp.telling import URL_LIVES
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import Json, Media, Number

MEGA = 1024 * 1024
UPLOADED_DAYS = 30
MIMES = {
    "image": {"image/jpeg", "image/png"},
    "video": {"video/mp4", "video/3gpp"},
    "audio": {"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"},
    "sticker": {"image/webp"},
    "document": {
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    },
}
SIZES = {"image": 5 * MEGA, "video": 16 * MEGA, "audio": 16 * MEGA, "document": 100 * MEGA, "sticker": 100 * 1024}
ANIMATED_STICKER = 500 * 1024


def upload(post: Post, number: Number, request: Request) -> Answer:
    """Keep a file for thirty days; its type must be one that some kind of message takes."""
    given, file = request.given, request.files.get("file")
    if given.get("messaging_product") != "whatsapp":
        raise errors.invalid("The parameter messaging_product is required.")
    if file is None:
        raise errors.invalid("The parameter file is required.")
    mime = str(given.get("type") or file.mime)
    if kind_of(mime) is None:
        allowed = ", ".join(sorted(set().union(*MIMES.values())))
        raise errors.invalid(
            f"Param file must be a file with one of the following types: {allowed}. Received file of type '{mime}'."
        )
    refuse_size(kind_of(mime) or "", file.data)
    return answer({"id": post.world.keep(number.id, mime, file.data, days=UPLOADED_DAYS, name=file.name).id})


def kind_of(mime: str) -> str | None:
    """Which kind of message takes this type; any may go as a document."""
    base = mime.partition(";")[0].strip().lower()
    return next((kind for kind, mimes in MIMES.items() if base in mimes), None)


def refuse_size(kind: str, data: bytes) -> None:
    """Raises GraphError when it is too large for its kind."""
    most = ANIMATED_STICKER if kind == "sticker" and files.is_animated(data) else SIZES[kind]
    if not 0 < len(data) <= most:
        raise errors.whatsapp(131053, f"File size {len(data)} bytes is not between 1 and {most} bytes for {kind}.")


def describe(post: Post, media: Media, request: Request) -> Answer:
    """Where to fetch it for five minutes. `phone_number_id` must be the number it belongs to, if it is given."""
    asked = request.query.get("phone_number_id")
    if media.until < post.world.now or (asked and asked != media.line):
        raise errors.unknown_object("get", media.id)
    url = post.world.link(media, "/whatsapp_business/attachments/", seconds=URL_LIVES)
    told = {"url": url, "mime_type": media.mime, "sha256": media.digest, "file_size": len(media.data), "id": media.id}
    return answer({"messaging_product": "whatsapp", **told})


def lost(post: Post, number: Number, kind: str, node: Json) -> str:
    """Why a file by id cannot go after all, in a sentence; empty when it can. Raises GraphError for none."""
    media = post.world.media.get(str(node["id"]))
    if media is None or media.line != number.id or media.until < post.world.now:
        raise errors.bad_value(f"Param {kind}['id'] is not a valid whatsapp business account media attachment ID")
    return wrong(kind, media.mime, media.data)


def wrong(kind: str, mime: str, data: bytes) -> str:
    """Why this file may not be sent as this kind; empty when it may."""
    base = mime.partition(";")[0].strip().lower()
    if kind != "document" and base not in MIMES[kind]:
        return (
            f"Unsupported {kind.capitalize()} mime type {mime}. Please use one of {', '.join(sorted(MIMES[kind]))}."
        )
    if not files.is_what_it_says(base, data):
        found = files.sniffed(data) or "application/octet-stream"
        return f"Media file was uploaded with mimetype {mime}, however on processing it is of type {found}."
    try:
        refuse_size(kind, data)
    except errors.GraphError as error:
        return str(error)
    return ""


async def fetched(post: Post, kind: str, link: str) -> tuple[str, Media | None]:
    """A file that a message links to: why it cannot go, else the file."""
    try:
        reply = await post.client.get(link, timeout=10.0)
    except httpx.HTTPError as error:
        return f"Downloading media from weblink failed: {error}", None
    if reply.status_code != 200:
        return f"Downloading media from weblink failed with http code {reply.status_code}", None
    mime = reply.headers.get("content-type", "application/octet-stream")
    why = wrong(kind, mime, reply.content)
    return why, None if why else post.world.keep("", mime, reply.content, days=UPLOADED_DAYS)
