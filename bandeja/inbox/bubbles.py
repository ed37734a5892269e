"""Messages as the thread shows them: with their files, what they answer, and what was done to them since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from bandeja.channels.contract import Kind
from bandeja.conversations.models import Annotation, Attachment, Conversation, Direction, Message
from bandeja.inbox import kinds, said
from bandeja.inbox.fate import Fate, fate
from bandeja.inbox.files import File

EXCERPT = 120

CHOICES = frozenset({Kind.BUTTON_REPLY, Kind.LIST_REPLY, Kind.QUICK_REPLY, Kind.POSTBACK})
"""Kinds whose words were chosen rather than typed."""
NAMED = CHOICES | {Kind.STORY_REPLY, Kind.STORY_MENTION}
"""Kinds that say what they are above what they say."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a message since: `edited` is what it says now, None when it says what it said."""

    edited: str | None = None
    unsent: bool = False
    reactions: Sequence[tuple[str, bool]] = ()
    """Emoji, and whether it is ours."""


NOTHING = Done()


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that another one answers; `pk` is None when it is not here."""

    pk: int | None
    author: str
    icon: str
    text: str


@dataclass(frozen=True)
class Bubble:
    """One message in the thread."""

    message: Message
    files: Sequence[File]
    done: Done
    quote: Quote | None

    @cached_property
    def fate(self) -> Fate | None:
        return None if self.done.unsent else fate(self.message)

    @cached_property
    def cards(self) -> Sequence[said.Card]:
        return said.cards(self.message)

    @property
    def text(self) -> str:
        if self.done.edited is not None:
            return self.done.edited
        return "" if said.is_told_by_cards(self.message) else self.message.text

    @property
    def heading(self) -> str:
        """What it is, where neither text nor files nor cards tell."""
        kind = self.message.kind
        if kind in NAMED and not self._has_story:
            return kinds.label(kind)
        if self.template:
            return _("Template %(name)s") % {"name": self.template}
        return "" if self.text or self.files or self.cards else kinds.label(kind)

    @property
    def icon(self) -> str:
        return "layout-template" if self.template else kinds.icon(self.message.kind)

    @property
    def template(self) -> str:
        template = self.message.data.get("template")
        return str(template.get("name", "")) if isinstance(template, dict) else ""

    @property
    def buttons(self) -> Sequence[str]:
        return said.buttons(self.message)

    @property
    def is_bare(self) -> bool:
        """Whether it is pictures alone, which need no ground under them."""
        alone = not (self.text or self.cards or self.heading or self.quote)
        return alone and bool(self.files) and all(file.shape == "picture" for file in self.files)

    @property
    def is_album(self) -> bool:
        return len(self.files) > 1 and all(file.shape == "picture" for file in self.files)

    @property
    def can_be_answered(self) -> bool:
        return bool(self.message.external_id) and self.message.direction != Direction.NOTE and not self.done.unsent

    @property
    def excerpt(self) -> str:
        """A line of it, for whoever answers it."""
        return _excerpt(self.message, self.done)

    @property
    def _has_story(self) -> bool:
        return any(card.icon == "circle-dashed" for card in self.cards)


def bubbles(conversation: Conversation, messages: Sequence[Message]) -> dict[int, Bubble]:
    """Each message by its id. Three queries at most, however many there are."""
    done = _done(conversation.account_id, messages)
    files = _files(messages)
    quoted = _quoted(conversation, messages)
    contact = str(conversation.contact)
    return {
        message.pk: Bubble(
            message,
            files.get(message.pk, ()),
            done.get(message.external_id or "", NOTHING),
            _quote(message.reply_to, quoted, done, contact) if message.reply_to else None,
        )
        for message in messages
    }


def _files(messages: Sequence[Message]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = {}
    ids = [message.pk for message in messages]
    for attachment in Attachment.objects.filter(message__in=ids).order_by("message_id", "position"):
        found.setdefault(attachment.message_id, []).append(File(attachment))
    return found


def _done(account_id: int, messages: Iterable[Message]) -> dict[str, Done]:
    """The newest of each kind by each actor, for these messages and those that they answer."""
    targets = {key for message in messages for key in (message.external_id, message.reply_to) if key}
    told: dict[str, dict[tuple[str, str], Annotation]] = {}
    found = Annotation.objects.filter(account_id=account_id, target__in=targets) if targets else ()
    for each in sorted(found, key=lambda each: (each.at, each.pk)):
        told.setdefault(each.target, {})[each.kind, each.actor] = each
    return {target: _newest(newest.values()) for target, newest in told.items()}


def _newest(annotations: Iterable[Annotation]) -> Done:
    inorder = sorted(annotations, key=lambda each: (each.at, each.pk))
    edits = [each.text for each in inorder if each.kind == Kind.EDIT]
    return Done(
        edited=edits[-1] if edits else None,
        unsent=any(each.kind == Kind.UNSEND for each in inorder),
        reactions=[(each.text, not each.actor) for each in inorder if each.kind == Kind.REACTION and each.text],
    )


def _quoted(conversation: Conversation, messages: Sequence[Message]) -> Mapping[str, Message]:
    """Those on this page are at hand; only older ones are looked up."""
    known = {message.external_id: message for message in messages if message.external_id}
    older = {message.reply_to for message in messages if message.reply_to} - known.keys()
    found = conversation.messages.filter(external_id__in=older) if older else ()
    return known | {each.external_id: each for each in found if each.external_id}


def _quote(key: str, quoted: Mapping[str, Message], done: Mapping[str, Done], contact: str) -> Quote:
    message = quoted.get(key)
    if message is None:
        return Quote(None, "", "", _("A message that is not here"))
    icon = "" if message.kind == Kind.TEXT else kinds.icon(message.kind)
    author = contact if message.direction == Direction.IN else _("You")
    return Quote(message.pk, author, icon, _excerpt(message, done.get(key, NOTHING)))


def _excerpt(message: Message, done: Done) -> str:
    if done.unsent:
        return _("Deleted message")
    text = message.text if done.edited is None else done.edited
    return Truncator(text or kinds.short(message.kind)).chars(EXCERPT)
