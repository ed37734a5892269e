"""What a Page or an Instagram account hears: messages, echoes, deliveries, reads and all the rest."""

from __future__ import annotations

import base64
import secrets

from bandeja.standin.post import Post
from bandeja.standin.world import INSTAGRAM, Json, Line, Person, Profile, Said, Thread, scoped_id

INBOX_APP = "26390203743090"
"""The app that a Page's own inbox at Meta writes as."""
FIELDS = {
    "message": "messages",
    "postback": "messaging_postbacks",
    "delivery": "message_deliveries",
    "read": "message_reads",
    "message_edit": "message_edits",
    "reaction": "message_reactions",
    "referral": "messaging_referrals",
    "optin": "messaging_optins",
}
INSTAGRAM_FIELDS = {
    **FIELDS,
    "read": "messaging_seen",
    "referral": "messaging_referral",
    "message_edit": "message_edit",
}
LINK_LIVES = 2 * 86_400.0  # seconds that the address of an attachment is good for


def new_id(line: Line) -> str:
    if line.kind == INSTAGRAM:
        return "aWdfZAG1faXRlbToxOkl" + base64.urlsafe_b64encode(secrets.token_bytes(33)).decode()
    return "m_" + secrets.token_urlsafe(48)


async def event(
    post: Post, line: Line, person: Person, name: str, body: Json, *, ours: bool = False, at: float | None = None
) -> None:
    """One messaging item; `ours` goes from the line to the person. A delivery has no timestamp."""
    them, us = {"id": scoped_id(line, person)}, {"id": line.id}
    sides = {"sender": us, "recipient": them} if ours else {"sender": them, "recipient": us}
    moment = {} if name == "delivery" else {"timestamp": int((at or post.world.now) * 1000)}
    fields = INSTAGRAM_FIELDS if line.kind == INSTAGRAM else FIELDS
    await post.send(line, {**sides, **moment, name: body}, name=fields[name], slot="messaging")


async def echo(post: Post, line: Line, person: Person, said: Said) -> None:
    """What our side wrote, here or elsewhere; Instagram tells it among messages, and gives no metadata back."""
    body = {"mid": said.id, "is_echo": True, **said.node, **_reply(said)}
    is_instagram = line.kind == INSTAGRAM
    if not is_instagram:
        body["app_id"] = int(said.app_id or INBOX_APP)
        if said.handle:
            body["metadata"] = said.handle
    item = {
        "sender": {"id": line.id},
        "recipient": {"id": scoped_id(line, person)},
        "timestamp": int(said.at * 1000),
        "message": body,
    }
    name = "messages" if is_instagram else "message_echoes"
    await post.send(line, item, name=name, slot="messaging", early=True)


async def message(post: Post, line: Line, person: Person, said: Said) -> None:
    """A person wrote."""
    body = {"mid": said.id, **said.node, **_reply(said)}
    await event(post, line, person, "message", body, at=said.at)


async def delivered(post: Post, line: Line, person: Person, said: Said) -> None:
    """It reached the person: told by Messenger, never by Instagram."""
    if "delivered" in said.states:
        return
    said.states["delivered"] = post.world.now
    if line.kind != INSTAGRAM:
        body = {"mids": [said.id], "watermark": int(post.world.now * 1000)}
        await event(post, line, person, "delivery", body)


async def read(post: Post, line: Line, person: Person, thread: Thread) -> None:
    """The person has seen everything: a watermark on Messenger, the last message on Instagram."""
    unread = [said for said in thread.said.values() if said.ours and "read" not in said.states]
    for said in unread:
        said.states["read"] = post.world.now
    if unread:
        body = {"mid": unread[-1].id} if line.kind == INSTAGRAM else {"watermark": int(post.world.now * 1000)}
        await event(post, line, person, "read", body)


def linked_profile(post: Post, page_id: str) -> Profile | None:
    """The Instagram account that writes through this Page."""
    found = post.world.lines.get(getattr(post.world.lines.get(page_id), "profile", ""))
    return found if isinstance(found, Profile) else None


def _reply(said: Said) -> Json:
    return {"reply_to": {"mid": said.reply_to}} if said.reply_to else {}
