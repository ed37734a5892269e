"""The sentence above the composer, and why: which rule counts, from when, until when, or why none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from bandeja.closing.deadline import Cover, deadline
from bandeja.closing.words import span
from bandeja.conversations.models import Conversation, Status
from bandeja.web import times


@dataclass(frozen=True, slots=True)
class Clock:
    """What a conversation's clock says; without a deadline, `why` alone explains it. A closed one says nothing."""

    deadline: datetime | None
    armed_at: datetime | None
    rule: str
    why: list[str]
    is_kept: bool = False

    @property
    def quarter(self) -> int:
        """A quarter of its whole time, in milliseconds: from there on it is near."""
        if self.deadline is None or self.armed_at is None:
            return 0
        return int((self.deadline - self.armed_at) / 4 / timedelta(milliseconds=1))


def read(conversation: Conversation, cover: Cover | None, *, names: Mapping[int, str]) -> Clock:
    """The clock of a conversation whose account has this cover now; `names` are the agents'."""
    if conversation.status == Status.CLOSED:
        return Clock(None, None, "", [])
    if conversation.kept_at is not None:
        return Clock(None, None, "", list(_why_kept(conversation, names)), is_kept=True)
    due = deadline(conversation.armed_at, cover)
    if due is None or cover is None or conversation.armed_at is None:
        return Clock(None, None, "", [_why_not(conversation, cover)])
    return Clock(due, conversation.armed_at, cover.rule_name, _why(conversation.armed_at, due, cover))


def _why_kept(conversation: Conversation, names: Mapping[int, str]) -> Iterator[str]:
    who = names.get(conversation.kept_by_id or 0) or gettext("Someone")
    yield gettext("%(name)s keeps it open. Meanwhile no rule closes it.") % {"name": who}
    if conversation.kept_reason:
        yield f"«{conversation.kept_reason}»"
    yield gettext("When that ends, the clock starts anew with its whole time.")


def _why(armed_at: datetime, due: datetime, cover: Cover) -> list[str]:
    said = [
        gettext("The rule “%(rule)s” closes after %(time)s without a message from the contact.")
        % {"rule": cover.rule_name, "time": span(cover.amount, cover.unit)},
        gettext("Answers from the team do not move the clock; a message from the contact starts it again."),
    ]
    if due - armed_at > timedelta(seconds=cover.seconds):
        said.append(
            gettext("The rule's time was shortened since; a clock that was running keeps the longer one, %(time)s.")
            % {"time": times.stretch(due - armed_at)}
        )
    return said


def _why_not(conversation: Conversation, cover: Cover | None) -> str:
    if not conversation.account.is_connected:
        return gettext("Its account is disconnected, so no rule acts on it.")
    if cover is None:
        return gettext("No closing rule covers its account.")
    if conversation.last_inbound_at is None:
        return gettext("The contact has not written yet. The clock starts with their first message.")
    if conversation.agent_opened_at and conversation.agent_opened_at > conversation.last_inbound_at:
        return gettext("It was opened by hand. The clock starts when the contact writes again.")
    return gettext(
        "The contact last wrote before the rule “%(rule)s” began to cover this account, and rules do not look "
        "back. The clock starts when the contact writes again."
    ) % {"rule": cover.rule_name}
