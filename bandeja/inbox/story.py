"""The story of a conversation as a thread tells it: days, groups of messages, and what happened in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from bandeja.conversations.models import ActorKind, Closure, Conversation, Direction, Event, EventKind, Message
from bandeja.flows.story import names as flows_of
from bandeja.inbox import markers, notices
from bandeja.inbox.bubbles import Bubble, bubbles
from bandeja.inbox.markers import Names
from bandeja.people.models import Agent
from bandeja.web import times

LATEST = 50
MOST = 300
"""The most messages a refresh brings when older ones are on screen, and the most markers beside them."""
TOGETHER = timedelta(minutes=5)
TOLD = (
    EventKind.CONVERSATION_CLOSED,
    EventKind.CONVERSATION_OPENED,
    EventKind.CONVERSATION_REOPENED,
    EventKind.CONVERSATION_ASSIGNED,
    EventKind.CONVERSATION_KEPT,
    EventKind.CONVERSATION_RELEASED,
    EventKind.CONVERSATION_SNOOZED,
    EventKind.CONVERSATION_WOKEN,
    EventKind.CLOSING_WITHHELD,
    EventKind.CLOSING_RESUMED,
    EventKind.MESSAGE_WITHHELD,
    EventKind.CONTACT_BLOCKED,
    EventKind.CONTACT_UNBLOCKED,
    EventKind.CONTACT_MERGED,
    EventKind.AGENTS_CALLED,
)


@dataclass(slots=True)
class Item:
    """One thing in the thread: a `day`, a `marker`, `fresh` before what was unread, a `group` of one author's."""

    kind: str
    at: datetime
    key: str
    text: str = ""
    icon: str = ""
    author: str = ""
    messages: list[Bubble] = field(default_factory=list)

    @property
    def direction(self) -> str:
        return self.messages[0].message.direction

    def takes(self, message: Message) -> bool:
        """Whether `message` belongs to this group: same side, same author, within five minutes of the last."""
        last = self.messages[-1].message
        return _from(last) == _from(message) and message.at - last.at < TOGETHER


def _from(message: Message) -> tuple[str, int | None, str, bool]:
    """Whose words it is: the system's own are told apart from what it says for a closing rule."""
    return message.direction, message.author_id, message.author_kind, "closing" in message.data


@dataclass(frozen=True, slots=True)
class Story:
    """Part of a thread, oldest first: its first and last message, and whether there is more before it."""

    items: Sequence[Item]
    messages: Sequence[Message]
    more: bool

    @property
    def first(self) -> int | None:
        return self.messages[0].pk if self.messages else None

    @property
    def last(self) -> int | None:
        return self.messages[-1].pk if self.messages else None


def tell(
    conversation: Conversation,
    now: datetime,
    *,
    before: int | None = None,
    since: int | None = None,
    fresh: int | None = None,
    known: Mapping[int, str] = MappingProxyType({}),
) -> Story:
    """The latest messages and what happened meanwhile; those `before` a message, or all `since` one.

    A line stands above the message `fresh`, where there is anything before it. `known` are names of agents that
    need not be looked up.
    """
    key = before or since
    edge = _edge(conversation, key) if key else None
    older, newer = (edge, None) if before else (None, edge)
    messages, more = _messages(conversation, older, newer)
    events = _events(conversation, older, messages[0].at if more and messages else None)
    names = _names(conversation.workspace_id, messages, events, known)
    told = _told(events, names, str(conversation.contact), {message.pk: message.at for message in messages})
    written = _said(conversation, messages, names)
    return Story(list(_items(written, told, now, fresh)), messages, more)


def first_unread(conversation: Conversation) -> int | None:
    """The first message that nobody has read yet; None when there is none, or more than are shown."""
    if not 0 < conversation.unread <= MOST:
        return None
    counted = conversation.messages.filter(counts=True).order_by("-at", "-pk").values_list("pk", flat=True)
    return counted[conversation.unread - 1 : conversation.unread].first()


class Edge(NamedTuple):
    """A message that a part of the thread begins or ends with, and whether there is any before it."""

    at: datetime
    pk: int
    more: bool


def _edge(conversation: Conversation, key: int) -> Edge | None:
    before = Q(at__lte=OuterRef("at")) & (Q(at__lt=OuterRef("at")) | Q(pk__lt=OuterRef("pk")))
    more = Exists(Message.objects.filter(before, conversation=conversation))
    found = conversation.messages.filter(pk=key).values_list("at", "pk", more).first()
    return Edge(*found) if found else None


def _messages(conversation: Conversation, older: Edge | None, newer: Edge | None) -> tuple[list[Message], bool]:
    found: QuerySet[Message] = conversation.messages.order_by("-at", "-pk")
    if older is not None:
        found = found.filter(Q(at__lte=older.at) & (Q(at__lt=older.at) | Q(pk__lt=older.pk)))
    if newer is None:
        latest = list(found[: LATEST + 1])
        return latest[:LATEST][::-1], len(latest) > LATEST
    on_screen = Q(at__gte=newer.at) & (Q(at__gt=newer.at) | Q(pk__gte=newer.pk))
    latest = list(found.filter(on_screen)[:MOST])
    return latest[::-1], newer.more or len(latest) == MOST


def _events(conversation: Conversation, older: Edge | None, since: datetime | None) -> list[Event]:
    found = conversation.events.filter(kind__in=TOLD).order_by("-at", "-pk")
    if older is not None:
        found = found.filter(at__lt=older.at)
    if since is not None:
        found = found.filter(at__gte=since)
    return list(found[:MOST])[::-1]


def _names(
    workspace_id: int, messages: Iterable[Message], events: Sequence[Event], known: Mapping[int, str]
) -> Names:
    ids = {message.author_id for message in messages}
    ids |= {key for event in events for key in (event.actor_id, event.data.get("after"))}
    ids |= {agent for event in events for agent in event.data.get("agents", [])}
    unknown = {key for key in ids if key} - known.keys()
    agents = Agent.objects.filter(workspace_id=workspace_id, pk__in=unknown) if unknown else ()
    names = Names({**known, **{agent.pk: str(agent) for agent in agents}})
    if runs := {event.actor_id for event in events if event.actor_kind == ActorKind.FLOW and event.actor_id}:
        names.flows = flows_of(runs)
    return names


def _told(events: Sequence[Event], names: Names, contact: str, written: Mapping[int, datetime]) -> Iterator[Item]:
    """Markers where they happened; an opening stands right before the message that caused it."""
    closures = Closure.objects.in_bulk([event.closure_id for event in events if event.closure_id])
    for event in events:
        icon, text = markers.sentence(event, closures.get(event.closure_id or 0), names, contact)
        if text:
            at = written.get(event.message_id or 0, event.at)
            yield Item("marker", at, f"e{event.pk}", text=text, icon=icon)


def _said(conversation: Conversation, messages: Sequence[Message], names: Names) -> Iterator[Item]:
    """What people wrote, and in between what a channel only tells of."""
    shown = bubbles(conversation, messages)
    for message in messages:
        if notices.is_notice(message):
            icon, text = notices.sentence(message, str(conversation.contact))
            yield Item("marker", message.at, f"m{message.pk}", text=text, icon=icon)
        else:
            author = _author(message, names)
            yield Item("group", message.at, f"g{message.pk}", author=author, messages=[shown[message.pk]])


def _author(message: Message, names: Names) -> str:
    """Who wrote it on our side; nobody's name beside what the contact wrote."""
    if message.direction == Direction.IN:
        return ""
    elsewhere = gettext("From another app") if message.data.get("app") else gettext("From the phone app")
    machines = {ActorKind.APP: elsewhere, ActorKind.API: gettext("The API"), ActorKind.FLOW: gettext("A flow")}
    by_rule = "closing" in message.data
    machines[ActorKind.SYSTEM] = gettext("A closing rule") if by_rule else gettext("Automatic reply")
    return machines.get(ActorKind(message.author_kind)) or names.get(message.author_id or 0, "")


def _items(said: Iterable[Item], told: Iterable[Item], now: datetime, fresh: int | None) -> Iterator[Item]:
    """In order of time, each day under its name, neighbouring messages gathered into groups."""
    day: date | None = None
    group: Item | None = None
    is_first = True
    for item in sorted(chain(said, told), key=lambda item: (item.at, item.kind == "group")):
        if (today := timezone.localtime(item.at).date()) != day:
            day, group = today, None
            yield Item("day", item.at, f"d{today:%Y%m%d}", text=times.day_name(item.at, now))
        if fresh and not is_first and item.key in {f"g{fresh}", f"m{fresh}"}:
            group = None
            yield Item("fresh", item.at, "fresh")
        is_first = False
        if item.kind != "group":
            group = None
            yield item
        elif group is not None and group.takes(item.messages[0].message):
            group.messages += item.messages
        else:
            group = item
            yield item
