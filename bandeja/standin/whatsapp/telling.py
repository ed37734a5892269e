"""What a WhatsApp number hears: the webhooks of what people do, and of what became of our messages."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from bandeja.standin import errors
from bandeja.standin.post import Post
from bandeja.standin.world import DAY, Json, Media, Number, Person, Said, Thread, Waba, bsuid

RANKS = ("sent", "delivered", "read", "played")
URL_LIVES = 300.0  # seconds
MEDIA_DAYS = 7  # how long the id of a file that came in is good


def new_id() -> str:
    """An id of a message; Meta's are base64 with its padding."""
    return "wamid.HBg" + base64.b64encode(secrets.token_bytes(28)).decode()


def owner_of(post: Post, number: Number) -> Waba:
    return post.world.wabas[number.owner]


def value(number: Number, **more: Any) -> Json:
    metadata = {"display_phone_number": number.display, "phone_number_id": number.id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **more}


def contact(post: Post, number: Number, person: Person) -> Json:
    """How the person is told beside what they wrote; who uses a username alone has no number here."""
    profile = {"name": person.name, **({"username": person.username} if person.username else {})}
    shown = {"wa_id": person.phone} if person.shows_phone else {}
    return {"profile": profile, **shown, "user_id": bsuid(owner_of(post, number), person)}


def sender(post: Post, number: Number, person: Person) -> Json:
    shown = {"from": person.phone} if person.shows_phone else {}
    return {**shown, "from_user_id": bsuid(owner_of(post, number), person)}


async def message(post: Post, number: Number, person: Person, said: Said, extra: Json | None = None) -> None:
    """A person wrote: the message, and whose contact it is."""
    told = {
        **sender(post, number, person),
        "id": said.id,
        "timestamp": str(int(said.at)),
        "type": said.type,
        **said.node,
        **(extra or {}),
    }
    body = value(number, contacts=[contact(post, number, person)], messages=[told])
    await post.send(number, {"field": "messages", "value": body}, name="messages")


def media_node(post: Post, media: Media, **more: Any) -> Json:
    """How a file that came in is told: an id, and since October 2025 an address that dies in five minutes."""
    digest = base64.b64encode(bytes.fromhex(media.digest)).decode()
    url = post.world.link(media, "/whatsapp_business/attachments/", seconds=URL_LIVES)
    return {"id": media.id, "mime_type": media.mime, "sha256": digest, "url": url, **more}


async def system(post: Post, number: Number, node: Json, *, told_from: str = "") -> None:
    """Something about a person that WhatsApp itself says: without contacts."""
    shown = {"from": told_from} if told_from else {}
    item = {**shown, "id": new_id(), "timestamp": str(int(post.world.now)), "type": "system", "system": node}
    await post.send(number, {"field": "messages", "value": value(number, messages=[item])}, name="messages")


async def changed_number(post: Post, number: Number, person: Person, before: tuple[str, str]) -> None:
    """They have another number, and so another BSUID: a system message, and `user_id_update`."""
    phone, user_id = before
    now_known = bsuid(owner_of(post, number), person)
    body = f"User {person.name} changed from {phone} to {person.phone}"
    node = {"type": "user_changed_number", "body": body, "wa_id": person.phone, "user_id": now_known}
    await system(post, number, node, told_from=phone)
    update = {
        "wa_id": person.phone,
        "detail": "The user changed their phone number",
        "user_id": {"previous": user_id, "current": now_known},
        "timestamp": int(post.world.now),
    }
    told = value(number, user_id_update=[update])
    await post.send(number, {"field": "user_id_update", "value": told}, name="user_id_update")


async def status(post: Post, number: Number, person: Person | None, said: Said, state: str, *, to: str = "") -> None:
    """A message of ours came this far; the same step is not told twice."""
    if state in said.states or said.by != "app":
        return
    at = post.world.now
    said.states[state] = at
    told = {"id": said.id, "status": state, "timestamp": str(int(at)), **_recipient(post, number, person, to)}
    if said.handle:
        told["biz_opaque_callback_data"] = said.handle
    contacts = [contact(post, number, person)] if person and state in {"delivered", "read"} else None
    if person and state in {"sent", "delivered"}:
        told |= _money(post.world.threads[number.id, person.id], said, is_first=state == "sent")
    body = value(number, **({"contacts": contacts} if contacts else {}), statuses=[told])
    item = {"field": "messages", "value": body}
    await post.send(number, item, name="messages", at=at + post.world.latency, early=True)


async def failed(
    post: Post, number: Number, person: Person | None, said: Said, code: int, details: str, *, to: str = ""
) -> None:
    """It was accepted, and then it was not delivered: told without contacts."""
    at = post.world.now
    said.states["failed"] = at
    told = {"id": said.id, "status": "failed", "timestamp": str(int(at)), **_recipient(post, number, person, to)}
    if said.handle:
        told["biz_opaque_callback_data"] = said.handle
    told["errors"] = [errors.failure(code, details)]
    item = {"field": "messages", "value": value(number, statuses=[told])}
    await post.send(number, item, name="messages", at=at + post.world.latency, early=True)


async def echo(post: Post, number: Number, person: Person, said: Said) -> None:
    """Typed in the WhatsApp Business app, on a number that is in both places."""
    told = {
        "from": "".join(filter(str.isdigit, number.display)),
        **({"to": person.phone} if person.shows_phone else {}),
        "to_user_id": bsuid(owner_of(post, number), person),
        "id": said.id,
        "timestamp": str(int(said.at)),
        "type": said.type,
        **said.node,
    }
    item = {"field": "smb_message_echoes", "value": value(number, message_echoes=[told])}
    await post.send(number, item, name="smb_message_echoes")


async def past(post: Post, number: Number, chunks: list[Json]) -> None:
    """Six months of what was said before, in chunks: `{"metadata", "threads"}` each."""
    for chunk in chunks:
        item = {"field": "history", "value": value(number, history=[chunk])}
        await post.send(number, item, name="history")


async def owner_says(post: Post, number: Number, name: str, said: Json) -> None:
    """A field that is about the business account or the number rather than a message."""
    await post.send(number, {"field": name, "value": said}, name=name)


def can_write_freely(post: Post, thread: Thread) -> bool:
    """Whether the service window, or a free entry point, is open."""
    now = post.world.now
    in_window = thread.opened_at is not None and now < thread.opened_at + DAY
    return in_window or (thread.free_until is not None and now < thread.free_until)


def _recipient(post: Post, number: Number, person: Person | None, to: str) -> Json:
    if person is None:
        return {"recipient_id": to}
    shown = {"recipient_id": person.phone} if person.shows_phone else {}
    return {**shown, "recipient_user_id": bsuid(owner_of(post, number), person)}


def _money(thread: Thread, said: Said, *, is_first: bool) -> Json:
    """What it costs; the conversation only within a free entry point (v24 on)."""
    is_free = thread.free_until is not None and said.at < thread.free_until
    category = "service" if said.type != "template" else str(said.node.get("category", "UTILITY")).lower()
    kind = "free_entry_point" if is_free else "regular"
    told: Json = {"pricing": {"billable": not is_free, "pricing_model": "PMP", "type": kind, "category": category}}
    if is_free and thread.free_until is not None:
        conversation: Json = {"id": thread.id.removeprefix("t_"), "origin": {"type": "referral_conversion"}}
        if is_first:
            conversation["expiration_timestamp"] = str(int(thread.free_until))
        told["conversation"] = conversation
    return told
