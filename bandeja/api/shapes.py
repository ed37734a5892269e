"""Conversations, messages and closings as they go in and out, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import StringConstraints

from bandeja.api.types import BodyFlag, BodyId, Instant, Reason, Said, Sent, Text, as_sent
from bandeja.channels.api.channel import Api
from bandeja.closing.deadline import Run
from bandeja.conversations.models import Closure, Conversation, Message, Tag, Withheld


class PersonOut(Schema):
    """A contact in short. `external_id` is how the conversation's account knows them."""

    id: int
    external_id: str
    name: str
    email: str
    phone: str


class OwnerOut(Schema):
    """A person who answers."""

    id: int
    name: str


class TeamOut(Schema):
    """A team in short."""

    id: int
    name: str


class AccountRef(Schema):
    """An account in short."""

    id: int
    name: str
    channel: str


class TagRef(Schema):
    """A tag in short."""

    id: int
    name: str


class ClosureOut(Schema):
    """One closing: why, by whom or which rule, when, and what it found. Never edited, but for what became of it:
    `overtaken_at` when a message received before it was joined after it, `undone_at` when somebody took it back.

    With `unheard` you had begun the conversation and its contact had not answered: a rule closed it by its time for
    those (`options.unheard`), and `armed_at` is your last message. Without, by its inactivity time.
    """

    id: int
    conversation_id: int
    account_id: int
    cause: str
    reason: str
    actor_kind: str
    actor_id: int | None
    closed_at: datetime
    armed_at: datetime | None
    deadline: datetime | None
    last_inbound_at: datetime | None
    owner_id: int | None
    unread: int
    rule_id: int | None
    rule_name: str
    unheard: bool
    overtaken_at: datetime | None
    undone_at: datetime | None
    undone_by_id: int | None

    @classmethod
    def of(cls, closure: Closure) -> ClosureOut:
        return cls(**{name: getattr(closure, name) for name in cls.model_fields})


class KeptOut(Schema):
    """Since when somebody keeps it open, until when (null: until somebody lets it close), and why."""

    since: datetime
    until: datetime | None
    reason: str

    @classmethod
    def of(cls, conversation: Conversation) -> KeptOut | None:
        since = None if conversation.snoozed_at else conversation.kept_at
        return cls(since=since, until=conversation.kept_until, reason=conversation.kept_reason) if since else None


class SnoozedOut(Schema):
    """Since when it is snoozed, until when (null: until its contact writes, which ends any snooze), who said so, and
    what for; `by_id` is null where a program with an account's token did.
    """

    since: datetime
    until: datetime | None
    by_id: int | None
    reason: str

    @classmethod
    def of(cls, conversation: Conversation) -> SnoozedOut | None:
        if conversation.snoozed_at is None:
            return None
        until, by_id = conversation.kept_until, conversation.kept_by_id
        return cls(since=conversation.snoozed_at, until=until, by_id=by_id, reason=conversation.kept_reason)


class WithheldOut(Schema):
    """Since when a rule withholds its closing, and why: the contact waits for an answer, or the rule spares it."""

    since: datetime
    why: Withheld

    @classmethod
    def of(cls, conversation: Conversation) -> WithheldOut | None:
        since = conversation.withheld_at
        return cls(since=since, why=Withheld(conversation.withheld_for)) if since else None


class ConversationOut(Schema):
    """`closes_at` is when it closes by itself if the contact stays silent, as things stand; null without."""

    id: int
    status: str
    account: AccountRef
    contact: PersonOut
    owner: OwnerOut | None
    team: TeamOut | None
    tags: list[TagRef]
    unread: int
    created_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    last_inbound_at: datetime | None
    last_message_at: datetime
    last_message_text: str
    closes_at: datetime | None
    kept: KeptOut | None
    snoozed: SnoozedOut | None
    withheld: WithheldOut | None

    @classmethod
    def of(cls, conversation: Conversation, clock: Run | None, tags: Sequence[Tag]) -> ConversationOut:
        shown = {name: getattr(conversation, name) for name in SAME}
        account, owner, team = conversation.account, conversation.owner, conversation.team
        return cls(
            **shown,
            account=AccountRef(id=account.pk, name=account.name, channel=account.channel),
            contact=_person(conversation),
            owner=OwnerOut(id=owner.pk, name=str(owner)) if owner else None,
            team=TeamOut(id=team.pk, name=team.name) if team else None,
            tags=[TagRef(id=tag.pk, name=tag.name) for tag in tags],
            closes_at=clock.until if clock else None,
            withheld=WithheldOut.of(conversation),
            kept=KeptOut.of(conversation),
            snoozed=SnoozedOut.of(conversation),
        )


def _person(conversation: Conversation) -> PersonOut:
    contact = conversation.contact
    known = (each.value for each in contact.identities.all() if each.account_id == conversation.account_id)
    return PersonOut(
        id=contact.pk, external_id=next(known, ""), name=contact.name, email=contact.email, phone=contact.phone
    )


SAME = (
    "id", "status", "unread", "created_at", "opened_at", "closed_at", "last_inbound_at", "last_message_at",
    "last_message_text",
)  # fmt: skip


class ConversationDetail(ConversationOut):
    """With its latest closing, if it ever closed."""

    closure: ClosureOut | None = None


class ConversationPage(Schema):
    """`next` is the cursor of the following page, null on the last. A page may hold fewer than asked for, even none:
    a filter that chooses few is looked through for a moment only, and goes on with the next page.
    """

    items: list[ConversationOut]
    next: str | None


class ClosurePage(Schema):
    """The latest first; `next` is the cursor of the following page, null on the last."""

    items: list[ClosureOut]
    next: str | None


class MessageOut(Schema):
    """`direction` is `in`, `out` or `note`; `external_id` is the channel's own id; `state` how far it has come.

    `author` is the name of the person who wrote it, blank for contacts and machines.
    """

    id: int
    direction: str
    kind: str
    text: str
    at: datetime
    external_id: str | None
    client_id: UUID | None
    state: str
    author: str

    @classmethod
    def of(cls, message: Message) -> MessageOut:
        return cls(
            id=message.pk, direction=message.direction, kind=message.kind, text=message.text, at=message.at,
            external_id=message.external_id, client_id=message.client_id, state=message.state,
            author=str(message.author) if message.author else "",
        )  # fmt: skip


class MessagePage(Schema):
    """In the order they were joined; `more` says whether there are others after the last."""

    items: list[MessageOut]
    more: bool


MessageText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=Api.text_limit), as_sent(Api.text_limit)
]


class MessageIn(Said):
    """A reply. The same `client_id` again writes nothing. A closed conversation is opened with `reopen`, and by a
    person's token unless `reopen` is false (closing E2).
    """

    text: MessageText
    client_id: UUID | None = None
    reopen: BodyFlag | None = None


class NoteIn(Said):
    """A note that only the team reads. The same `client_id` again writes nothing."""

    text: MessageText
    client_id: UUID | None = None


class HolderIn(Sent):
    """Who had it when it was last read."""

    owner_id: BodyId | None
    team_id: BodyId | None = None


class KeepingIn(Sent):
    """`until` is when it ends by itself, within a year; without it somebody ends it."""

    until: Instant | None = None
    reason: Text = ""


class SnoozeIn(Sent):
    """`until` is when it comes back by itself, within a year; without it, once the contact writes. `seen` as for a
    closing: the last message you read.
    """

    until: Instant | None = None
    reason: Text = ""
    seen: BodyId | None = None


class OwnerIn(Sent):
    """The agent it is given to, or the team, or both; null for nobody. With `seen` nobody's giving is undone."""

    owner_id: BodyId | None
    team_id: BodyId | None = None
    seen: HolderIn | None = None
    note: Annotated[str, StringConstraints(max_length=Api.text_limit)] = ""


class ClosureIn(Sent):
    """Why. With `seen`, the last message read, or `confirmed_at`, whoever wrote since is not closed on."""

    reason: Reason
    seen: BodyId | None = None
    confirmed_at: Instant | None = None
