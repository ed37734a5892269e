"""What comes attached to a message of Messenger or Instagram, by its type (meta.md A5, A6).

`data` holds, where there is any: `location` {latitude, longitude, name, url}; `shares` [{type, title, url}]; `type`,
of one we do not know or that Meta shows to nobody. Stories are only referred to: Meta's policy forbids keeping them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bandeja.channels.contract import Kind, Media
from bandeja.channels.meta.values import MOST, amount, node, told, url, words
from bandeja.channels.reading import Item, line, many

HEART = "❤️"


class Attached(NamedTuple):
    kind: Kind
    text: str = ""
    data: Mapping[str, Any] = {}
    media: Media | None = None
    share: Mapping[str, Any] | None = None


def read(message: Item) -> list[Attached]:
    """In their order; one that is no object says nothing."""
    items = many(message.get("attachments"))[:MOST]
    return [_read(item) for item in items if isinstance(item, dict)]


def _read(item: Item) -> Attached:
    kind = line(item.get("type"))
    reader = READERS.get(kind)
    return reader(item) if reader else Attached(Kind.UNKNOWN, data=told(type=kind))


def _image(item: Item) -> Attached:
    """Before stickers had a type of their own they were images with a number."""
    return _file(Kind.STICKER if node(item, "payload").get("sticker_id") else Kind.IMAGE, item)


def _video(item: Item) -> Attached:
    return _file(Kind.VIDEO, item)


def _audio(item: Item) -> Attached:
    return _file(Kind.AUDIO, item)


def _document(item: Item) -> Attached:
    return _file(Kind.DOCUMENT, item)


def _sticker(item: Item) -> Attached:
    return _file(Kind.STICKER, item)


def _file(kind: Kind, item: Item, *, keep: bool = True) -> Attached:
    payload = node(item, "payload")
    remote = url(payload.get("url")) or url(item.get("url"))
    name = line(payload.get("title"), 255) or line(payload.get("name"), 255)
    return Attached(kind, media=Media(kind, remote, is_url=True, name=name, keep=keep) if remote else None)


def _heart(_item: Item) -> Attached:
    return Attached(Kind.STICKER, HEART)


def _location(item: Item) -> Attached:
    payload = node(item, "payload")
    at, name = node(payload, "coordinates"), line(item.get("title"))
    location = told(
        latitude=amount(at.get("lat")),
        longitude=amount(at.get("long")),
        name=name,
        url=url(item.get("url")),
    )
    return Attached(Kind.LOCATION, name, told(location=location))


def _share(item: Item) -> Attached:
    """A post, a reel, a page; the payload of a link's preview may be null."""
    payload = node(item, "payload")
    title = line(payload.get("title")) or line(item.get("title"))
    link = url(payload.get("url")) or url(item.get("url"))
    return Attached(Kind.SHARE, share=told(type=line(item.get("type")), title=title, url=link))


def _story(item: Item) -> Attached:
    return _file(Kind.SHARE, item, keep=False)


def _mention(item: Item) -> Attached:
    return _file(Kind.STORY_MENTION, item, keep=False)


def _hidden(item: Item) -> Attached:
    return Attached(Kind.UNSUPPORTED, data={"type": line(item.get("type"))})


def _template(item: Item) -> Attached:
    """Cards and buttons, which our side sends, or a product the contact asks about: their text, else their titles.

    Cards stand in the payload, in its `product` (Messenger, "Message with product template") or its `generic`
    (Instagram).
    """
    payload = node(item, "payload")
    places = (payload, node(payload, "product"), node(payload, "generic"))
    cards = [card for place in places for card in many(place.get("elements"))[:MOST] if isinstance(card, dict)]
    titles = [title for card in cards if (title := line(card.get("title")))]
    text = words(payload.get("text")) or "\n".join(titles) or line(item.get("title"))
    return Attached(Kind.TEXT if text else Kind.UNKNOWN, text, {"type": "template"})


READERS: Mapping[str, Callable[[Item], Attached]] = {
    "image": _image,
    "video": _video,
    "audio": _audio,
    "file": _document,
    "sticker": _sticker,
    "like_heart": _heart,
    "location": _location,
    "fallback": _share,
    "share": _share,
    "post": _share,
    "ig_post": _share,
    "reel": _share,
    "ig_reel": _share,
    "story": _story,
    "ig_story": _story,
    "story_mention": _mention,
    "ephemeral": _hidden,
    "unsupported_type": _hidden,
    "template": _template,
}
