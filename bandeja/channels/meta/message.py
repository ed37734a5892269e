"""A message of Messenger or Instagram: theirs, or an echo of what our side wrote (meta.md A5, A6).

Besides what is attached, `data` holds: `button` {id, title}, the quick reply that was chosen; `story` {id, url},
which it answers; `referral`; `app`, which wrote an echo.
"""

from __future__ import annotations

from typing import Any

from bandeja.channels.contract import Kind, Media
from bandeja.channels.meta import attachments
from bandeja.channels.meta.attachments import Attached
from bandeja.channels.meta.reasons import NO_ID
from bandeja.channels.meta.scene import Said, Scene, annotation, inbound
from bandeja.channels.meta.values import flag, ident, joined, known, node, plain, told, url, words
from bandeja.channels.reading import Item


def read_message(scene: Scene, message: Item) -> Said:
    if flag(message.get("is_self")) or scene.contact == scene.us:
        return scene.notice("self", {})
    mid = ident(message.get("mid"), NO_ID)
    if flag(message.get("is_deleted")):
        return annotation(scene, joined(mid, "deleted"), mid, Kind.UNSEND)
    reply, attached = node(message, "reply_to"), attachments.read(message)
    chosen = node(message, "quick_reply")
    text = words(message.get("text"))
    story = node(reply, "story")
    return inbound(
        scene,
        mid,
        _kind(message, text, attached),
        text or next((one.text for one in attached if one.text), ""),
        data=_data(scene, message, attached, told(id=words(chosen.get("payload")), title=text) if chosen else None),
        reply_to=known(reply.get("mid")),
        media=(*_story(story), *(one.media for one in attached if one.media)),
        echo=scene.ours or flag(message.get("is_echo")),
        handle=known(message.get("metadata")),
    )


def _kind(message: Item, text: str, attached: list[Attached]) -> Kind:
    """The most telling of what one message is at once."""
    kinds = [one.kind for one in attached]
    if flag(message.get("is_unsupported")):
        return Kind.UNSUPPORTED
    if Kind.STORY_MENTION in kinds:
        return Kind.STORY_MENTION
    if isinstance(node(message, "reply_to").get("story"), dict):
        return Kind.STORY_REPLY
    if isinstance(message.get("quick_reply"), dict):
        return Kind.QUICK_REPLY
    return _of_attached(text, kinds)


def _of_attached(text: str, kinds: list[Kind]) -> Kind:
    """A link's preview beside its text leaves it a text."""
    telling = [kind for kind in kinds if not (text and kind in {Kind.SHARE, Kind.UNKNOWN, Kind.TEXT})]
    if telling:
        return telling[0]
    return Kind.TEXT if text else Kind.UNKNOWN


def _data(scene: Scene, message: Item, attached: list[Attached], button: Item | None) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for one in attached:
        data.update(one.data)
    reply, app_id = node(message, "reply_to"), known(message.get("app_id"))
    referral = message.get("referral") or scene.event.get("referral")
    return data | told(
        shares=[dict(one.share) for one in attached if one.share],
        button=button,
        story=_told_story(node(reply, "story")),
        referral=plain(referral) if isinstance(referral, dict) else None,
        app=app_id,
    )


def _told_story(story: Item) -> dict[str, Any]:
    return told(id=known(story.get("id")), url=url(story.get("url")))


def _story(story: Item) -> tuple[Media, ...]:
    remote = url(story.get("url"))
    return (Media(Kind.STORY_REPLY, remote, is_url=True, keep=False),) if remote else ()
