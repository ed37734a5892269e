"""One conversation of the past, played as it would have happened, into the rows it would have left.

It follows the verbs of `conversations.lifecycle` and closing.md step by step, without a transaction for each: a year
takes a second and not a minute. Tests hold the rows to the same invariants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bandeja.closing.models import Rule
from bandeja.conversations.actor import CONTACT, SYSTEM, Actor
from bandeja.conversations.models import (
    ActorKind,
    Cause,
    Closure,
    Conversation,
    Direction,
    Event,
    EventKind,
    Message,
    Status,
)

LATE = timedelta(milliseconds=140)
"""How late after its deadline a conversation closed."""


@dataclass(slots=True)
class Rows:
    """What is written in the end. Events of a message or a closure wait for its id."""

    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    events: list[tuple[Event, Message | Closure | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tidying:
    """Somebody closes, in bulk, what has been quiet for a while."""

    at: datetime
    by: Actor


class Thread:
    """Plays one conversation, forward only. A `rule` closes it when the contact is silent; else tidyings do."""

    QUIET = timedelta(days=5)
    REASON = "Sin respuesta del contacto"

    def __init__(self, rows: Rows, conversation: Conversation, rule: Rule | None, tidyings: list[Tidying]) -> None:
        self._rows, self._rule, self._tidyings = rows, rule, tidyings
        self.conversation = conversation
        self._armed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.conversation.status == Status.OPEN

    def write(self, at: datetime, text: str) -> None:
        """The contact writes: what was closed opens, and the clock starts anew (closing E1, C3)."""
        self.pass_until(at)
        message = self._say(at, text, Direction.IN, CONTACT)
        message.counts, message.received_at = True, at
        message.external_id = f"demo-{len(self._rows.messages)}"
        begins = not self._rows.conversations or self._rows.conversations[-1] is not self.conversation
        if begins:
            self._rows.conversations.append(self.conversation)
            self._tell(EventKind.CONVERSATION_OPENED, at, CONTACT, message, reopened=False)
        elif not self.is_open:
            before = self._rows.closures[-1]
            self._open(at)
            about = {"reopened": True, "cause": before.cause, "reason": before.reason, "overtaken": False}
            self._tell(EventKind.CONVERSATION_OPENED, at, CONTACT, message, **about)
        self._tell(EventKind.MESSAGE_RECEIVED, at, CONTACT, message)
        self.conversation.last_inbound_at = self._armed_at = at
        self.conversation.unread += 1

    def reply(self, at: datetime, text: str, by: Actor) -> None:
        """Somebody of the team has read it, and answers: that opens it, and moves no clock (closing C2, E2)."""
        self.pass_until(at)
        if not self.is_open:
            self.reopen(at, by)
        self.conversation.unread = 0
        self._tell(EventKind.MESSAGE_SENT, at, by, self._say(at, text, Direction.OUT, by))

    def note(self, at: datetime, text: str, by: Actor) -> None:
        self.pass_until(at)
        self._tell(EventKind.MESSAGE_SENT, at, by, self._say(at, text, Direction.NOTE, by))

    def read(self) -> None:
        """Somebody of the team opens it, and does nothing more."""
        self.conversation.unread = 0

    def assign(self, at: datetime, owner_id: int, by: Actor) -> None:
        self.pass_until(at)
        if self.conversation.owner_id != owner_id:
            about = {"before": self.conversation.owner_id, "after": owner_id}
            self._tell(EventKind.CONVERSATION_ASSIGNED, at, by, None, **about)
            self.conversation.owner_id = owner_id

    def close(self, at: datetime, reason: str, by: Actor) -> None:
        """By hand; whoever closes it has read it."""
        self.pass_until(at)
        if self.is_open:
            self.conversation.unread = 0
            self._close(at, self._closure(Cause.AGENT, reason, by))

    def reopen(self, at: datetime, by: Actor) -> None:
        """By the team: that arms nothing (closing E2)."""
        self.pass_until(at)
        self._open(at)
        self.conversation.agent_opened_at, self._armed_at = at, None
        self._tell(EventKind.CONVERSATION_REOPENED, at, by)

    def pass_until(self, at: datetime) -> None:
        """Time passes up to `at`: its rule, or the next tidying, may close it."""
        if not self.is_open or self.conversation.last_inbound_at is None:
            return
        if self._rule is not None:
            self._pass_by_rule(self._rule, at)
        else:
            self._pass_by_hand(at)

    def _pass_by_rule(self, rule: Rule, at: datetime) -> None:
        due = self._armed_at + timedelta(seconds=rule.seconds) if self._armed_at else None
        if due is None or due + LATE >= at:
            return
        closure = self._closure(Cause.RULE, rule.reason, SYSTEM)
        closure.deadline, closure.rule_id, closure.rule_name = due, rule.pk, rule.name
        closure.rule_amount, closure.rule_unit = rule.amount, rule.unit
        self._close(due + LATE, closure)

    def _pass_by_hand(self, at: datetime) -> None:
        quiet = self.conversation.last_message_at + self.QUIET
        tidying = next((each for each in self._tidyings if quiet <= each.at < at), None)
        if tidying:
            self._close(tidying.at, self._closure(Cause.BULK, self.REASON, tidying.by))

    def _say(self, at: datetime, text: str, direction: Direction, by: Actor) -> Message:
        message = Message(
            workspace_id=self.conversation.workspace_id,
            account_id=self.conversation.account_id,
            conversation=self.conversation,
            direction=direction,
            kind="text",
            text=text,
            at=at,
            created_at=at,
            author_kind=by.kind,
            author_id=by.agent_id,
        )
        self._rows.messages.append(message)
        if direction != Direction.NOTE:
            self.conversation.last_message_at, self.conversation.last_message_text = at, text[:200]
            self.conversation.last_message_direction = direction
        return message

    def _closure(self, cause: Cause, reason: str, by: Actor) -> Closure:
        return Closure(
            workspace_id=self.conversation.workspace_id,
            account_id=self.conversation.account_id,
            conversation=self.conversation,
            cause=cause,
            reason=reason,
            actor_kind=by.kind,
            actor_id=by.id,
            armed_at=self._armed_at if self._rule else None,
            last_inbound_at=self.conversation.last_inbound_at,
            owner_id=self.conversation.owner_id,
            unread=self.conversation.unread,
        )

    def _close(self, at: datetime, closure: Closure) -> None:
        closure.closed_at = at
        self._rows.closures.append(closure)
        self.conversation.status, self.conversation.closed_at = Status.CLOSED, at
        self._armed_at = None
        self._tell(EventKind.CONVERSATION_CLOSED, at, Actor(ActorKind(closure.actor_kind), closure.actor_id), closure)

    def _open(self, at: datetime) -> None:
        self.conversation.status, self.conversation.closed_at = Status.OPEN, None
        self.conversation.opened_at = at

    def _tell(
        self, kind: EventKind, at: datetime, by: Actor, of: Message | Closure | None = None, **about: object
    ) -> None:
        event = Event(
            workspace_id=self.conversation.workspace_id,
            conversation=self.conversation,
            kind=kind,
            at=at,
            actor_kind=by.kind,
            actor_id=by.id,
            data=about,
        )
        self._rows.events.append((event, of))
