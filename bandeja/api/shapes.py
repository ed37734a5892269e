"""What goes in and out of the API, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field, StringConstraints

from bandeja.channels.api.channel import Api
from bandeja.closing.deadline import Cover, deadline
from bandeja.conversations.models import Closure, Conversation, Direction, Message

LARGEST_ID = 2**63 - 1
REASON_LENGTH = 200

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class ContactOut(Schema):
    """`id` is Bandeja's own; `external_id` is the one the account's program gave as `contact.id`."""

    id: int
    external_id: str
    name: str
    email: str
    phone: str


class OwnerOut(Schema):
    id: int
    name: str


class TeamOut(Schema):
    id: int
    name: str


class ClosureOut(Schema):
    """One closing: why, by whom, when."""

    cause: str
    reason: str
    closed_at: datetime
    rule_name: str


class ConversationOut(Schema):
    """`closes_at` is when its clock runs out if the contact stays silent; null without a clock (closing R8)."""

    id: int
    status: str
    contact: ContactOut
    owner: OwnerOut | None
    team: TeamOut | None
    unread: int
    created_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    last_inbound_at: datetime | None
    last_message_at: datetime
    last_message_text: str
    closes_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation, cover: Cover | None) -> ConversationOut:
        shown = {name: getattr(conversation, name) for name in SAME}
        owner, team = conversation.owner, conversation.team
        return cls(
            **shown,
            contact=_contact(conversation),
            owner=OwnerOut(id=owner.pk, name=str(owner)) if owner else None,
            team=TeamOut(id=team.pk, name=team.name) if team else None,
            closes_at=deadline(conversation.armed_at, cover),
        )


def _contact(conversation: Conversation) -> ContactOut:
    contact = conversation.contact
    known = (each.value for each in contact.identities.all() if each.account_id == conversation.account_id)
    return ContactOut(
        id=contact.pk, external_id=next(known, ""), name=contact.name, email=contact.email, phone=contact.phone
    )


SAME = (
    "id", "status", "unread", "created_at", "opened_at", "closed_at", "last_inbound_at", "last_message_at",
    "last_message_text",
)  # fmt: skip


class ConversationDetail(ConversationOut):
    """With its latest closing, if it ever closed."""

    closure: ClosureOut | None = None

    @classmethod
    def with_closure(cls, conversation: Conversation, cover: Cover | None) -> ConversationDetail:
        latest = conversation.closures.order_by("-closed_at", "-pk").first()
        shown = ConversationOut.of(conversation, cover).dict()
        return cls(**shown, closure=closure_out(latest) if latest else None)


def closure_out(closure: Closure) -> ClosureOut:
    return ClosureOut(
        cause=closure.cause, reason=closure.reason, closed_at=closure.closed_at, rule_name=closure.rule_name
    )


class ConversationPage(Schema):
    """Newest first; `next` is the cursor of the following page, null on the last."""

    items: list[ConversationOut]
    next: str | None


class MessageOut(Schema):
    """`direction` is `in` or `out`; `external_id` is the sender's own id of an inbound one."""

    id: int
    direction: str
    kind: str
    text: str
    at: datetime
    external_id: str | None
    client_id: UUID | None
    author: str

    @classmethod
    def of(cls, message: Message) -> MessageOut:
        author = message.author if message.direction == Direction.OUT else None
        return cls(
            id=message.pk, direction=message.direction, kind=message.kind, text=message.text, at=message.at,
            external_id=message.external_id, client_id=message.client_id, author=str(author) if author else "",
        )  # fmt: skip


class MessagePage(Schema):
    """In the order they were joined; `more` says whether there are others after the last."""

    items: list[MessageOut]
    more: bool


class MessageIn(Schema):
    """A reply. The same `client_id` again writes nothing; `reopen` opens a closed conversation (closing E2)."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=Api.text_limit)]
    client_id: UUID | None = None
    reopen: bool = False


class HolderIn(Schema):
    """Who had it when it was last read."""

    owner_id: Id | None
    team_id: Id | None = None


class OwnerIn(Schema):
    """The agent it is given to, or the team, or both; null for nobody. With `seen` nobody's giving is undone."""

    owner_id: Id | None
    team_id: Id | None = None
    seen: HolderIn | None = None


class ClosureIn(Schema):
    """Why. With `seen`, the last message read, or `confirmed_at`, whoever wrote since is not closed on."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH)]
    seen: Id | None = None
    confirmed_at: AwareDatetime | None = None
