"""What a page or Instagram account was told while nothing was delivered, fetched afterwards (meta.md A7).

By the Conversations API. Meta stops delivering for good after an hour's outage and repeats nothing. What is fetched
is not history: each message we have not seen counts as received when it is fetched (closing C5).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bandeja.channels.contract import Inbound, Kind, Media
from bandeja.channels.instagram.send import by_page, sender_id
from bandeja.channels.meta.found import said
from bandeja.channels.meta.graph import Answer, Graph, facebook, instagram, items, next_page
from bandeja.channels.meta.lines import line
from bandeja.channels.models import Account, ChannelKey, Health
from bandeja.channels.reading import clean

CALLS = 2.0
"""Calls a second that the Conversations API bears, for each account."""
PAGE = 25
MESSAGE = "id,created_time,from,to,message,sticker,attachments{id,mime_type,name,image_data,video_data,file_url}"
TEXT_LIMIT = 64 * 1024

IDENTITIES = {ChannelKey.MESSENGER.value: "psid", ChannelKey.INSTAGRAM.value: "igsid"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where an account's conversations are: `owner` holds them, `ours` are the ids and names we write under."""

    account_id: int
    channel: str
    through: Graph
    owner: str
    ours: frozenset[str]


class Pace:
    """Lets no more than CALLS calls a second pass."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep, self._next = clock, sleep, 0.0

    def __call__(self) -> None:
        pause = self._next - self._clock()
        if pause > 0:
            self._sleep(pause)
        self._next = self._clock() + 1 / CALLS


def lost() -> list[tuple[Account, datetime]]:
    """Connected accounts of which deliveries may have been lost, and since when; whose token works."""
    rows = Health.objects.filter(missed_since__isnull=False, account__disconnected_at=None, is_subscribed=True)
    rows = rows.exclude(has_valid_token=False).select_related("account__credential", "account__app")
    return [(row.account, row.missed_since) for row in rows.order_by("missed_since") if row.missed_since]


def fetched(account: Account, since: datetime) -> None:
    """Everything since then has been received; a later loss found meanwhile is still to be fetched."""
    Health.objects.filter(account=account, missed_since=since).update(missed_since=None)


def batches(account: Account, since: datetime, pace: Callable[[], None] | None = None) -> Iterator[list[Inbound]]:
    """What was said since then, in either direction: one list for each conversation, its oldest first.

    Newest conversations first, and each as far back as `since`: not only to the first message we know, for after
    an outage what is new may be delivered before what was missed. Those we know are no-ops by their id. Echoes are
    what our side wrote. Raises what `Graph` raises; what was yielded before stays good.
    """
    source = _source(account, pace or Pace())
    for conversation in _conversations(source, since):
        newest_first = [_inbound(source, message) for message in _messages(source, conversation, since)]
        inbound = [each for each in reversed(newest_first) if each]
        if inbound:
            yield inbound


def _source(account: Account, pace: Callable[[], None]) -> Source:
    ours = line(account)
    is_own_login = account.channel == ChannelKey.INSTAGRAM and not by_page(ours.config)
    through = (instagram if is_own_login else facebook)(ours.token, ours.graph_url)
    owner = sender_id(ours) if account.channel == ChannelKey.INSTAGRAM else ours.external_id
    names = {ours.external_id, owner, said(ours.config.get("username"))} - {""}
    return Source(account.pk, account.channel, replace(through, pace=pace), owner, frozenset(names))


def _conversations(source: Source, since: datetime) -> Iterator[Answer]:
    fields = f"id,updated_time,messages.limit({PAGE}){{{MESSAGE}}}"
    asked = source.through.pages(f"{source.owner}/conversations", platform=source.channel, fields=fields, limit=PAGE)
    for conversation in asked:
        updated = _instant(conversation.get("updated_time"))
        if updated and updated < since:
            return
        yield conversation


def _messages(source: Source, conversation: Answer, since: datetime) -> Iterator[Answer]:
    """Newest first, page after page: the first came with the conversation."""
    inner = conversation.get("messages")
    page: Answer = inner if isinstance(inner, dict) else {}
    asked: dict[str, str] = {}
    while True:
        for message in items(page):
            at = _instant(message.get("created_time"))
            if at and at < since:
                return
            yield message
        following = next_page(page)
        if not following or following == asked:
            return
        asked = following
        page = source.through.get(f"{said(conversation.get('id'))}/messages", **{"fields": MESSAGE, **following})


def _inbound(source: Source, message: Answer) -> Inbound | None:
    """One message; None where it does not say which it is or whose."""
    mid, writer = said(message.get("id"), 500), _person(message.get("from"))
    echo = not source.ours.isdisjoint({said(writer.get("id")), said(writer.get("username"))} - {""})
    contact = _addressee(source, message.get("to")) if echo else writer
    if not mid or not said(contact.get("id")):
        return None
    text = clean(message["message"])[:TEXT_LIMIT] if isinstance(message.get("message"), str) else ""
    media = _media(message)
    return Inbound(
        account_id=source.account_id,
        external_id=mid,
        identity=(IDENTITIES[source.channel], said(contact.get("id"))),
        kind=media[0].kind if media else Kind.TEXT if text else Kind.UNSUPPORTED,
        text=text,
        provider_at=_instant(message.get("created_time")),
        name=said(contact.get("name")) or said(contact.get("username")),
        media=media,
        echo=echo,
        opens_window=not echo,
    )


def _addressee(source: Source, to: object) -> Answer:
    people = items(to) if isinstance(to, dict) else []
    others = (each for each in people if said(each.get("id")) not in source.ours)
    return next(others, {})


def _person(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def _media(message: Answer) -> Sequence[Media]:
    attachments = message.get("attachments")
    files = [_file(each) for each in items(attachments)] if isinstance(attachments, dict) else []
    sticker = said(message.get("sticker"), 4_000)
    if sticker:
        files.append(Media(Kind.STICKER, sticker, is_url=True))
    return [file for file in files if file.remote]


def _file(attachment: Answer) -> Media:
    mime = said(attachment.get("mime_type"))
    pictures = (attachment.get(name) for name in ("image_data", "video_data"))
    urls = [said(each.get("url"), 4_000) for each in pictures if isinstance(each, Mapping)]
    urls.append(said(attachment.get("file_url"), 4_000))
    return Media(
        _kind(mime, attachment),
        next(filter(None, urls), ""),
        is_url=True,
        mime=mime,
        name=said(attachment.get("name")),
    )


def _kind(mime: str, attachment: Mapping[str, Any]) -> Kind:
    family = mime.partition("/")[0]
    if family == "image" or "image_data" in attachment:
        return Kind.IMAGE
    if family == "video" or "video_data" in attachment:
        return Kind.VIDEO
    return Kind.AUDIO if family == "audio" else Kind.DOCUMENT


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
