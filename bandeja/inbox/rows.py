"""The rows of the list: a page of conversations, each with what is said of it in two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from bandeja.closing import coverage
from bandeja.closing.deadline import Cover, deadline
from bandeja.conversations.models import Conversation, Status
from bandeja.conversations.scope import Scope
from bandeja.inbox.filters import Filters, whole
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

PAGE = 40
MOST = 200
"""The most rows a refresh brings: whoever scrolled further scrolls again."""
UNREAD_SHOWN = 99
UNREAD_AMONG = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = 250_000_000_000_000_000
"""Microseconds since 1970 that a datetime still holds, to the year 9892."""


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list; `deadline` only while its clock runs."""

    conversation: Conversation
    deadline: datetime | None
    near: datetime | None
    """When its closing chip appears: a quarter of its time before the deadline."""

    @property
    def quarter(self) -> int:
        """That quarter in milliseconds, for the browser."""
        if self.deadline is None or self.near is None:
            return 0
        return int((self.deadline - self.near) / timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, where the next ones begin ('' at the end), and the instant they were read."""

    rows: Sequence[Row]
    next: str
    now: datetime


def visible(agent: Agent) -> QuerySet[Conversation]:
    """The conversations this person may see: every lookup in the inbox starts here."""
    return Scope.of(agent).filter(Conversation.objects.select_related("contact", "account", "owner", "team"))


def page(agent: Agent, filters: Filters, *, before: str = "", count: int = PAGE) -> Page:
    """The newest rows that match, or those after `before` (what `Page.next` said)."""
    count = max(PAGE, min(count, MOST))
    found = filters.apply(visible(agent), agent).filter(_after(before)).order_by("-last_message_at", "-pk")
    kept = list(found[: count + 1])
    shown = kept[:count]
    covers = coverage.clock(sorted({conversation.account_id for conversation in shown}))
    rows = [_row(conversation, covers.get(conversation.account_id)) for conversation in shown]
    return Page(rows, _cursor(shown[-1]) if len(kept) > count else "", database_now())


def unread_count(agent: Agent, filters: Filters) -> str:
    """How many unread ones there are behind the other filters, said no further than 99+.

    Among the newest only: every ring of the bell asks this for everybody, and a million rows are not walked for it.
    """
    others = Filters(state=filters.state, owner=filters.owner, account=filters.account)
    found = others.apply(Scope.of(agent).filter(Conversation.objects.all()), agent)
    newest = found.order_by("-last_message_at", "-pk").values("pk")[:UNREAD_AMONG]
    count = Conversation.objects.filter(pk__in=newest, unread__gt=0).count()
    return f"{UNREAD_SHOWN}+" if count > UNREAD_SHOWN else str(count or "")


def _row(conversation: Conversation, cover: Cover | None) -> Row:
    due = deadline(conversation.armed_at, cover) if conversation.status == Status.OPEN else None
    if due is None or conversation.armed_at is None:
        return Row(conversation, None, None)
    return Row(conversation, due, due - (due - conversation.armed_at) / 4)


def _cursor(conversation: Conversation) -> str:
    return f"{(conversation.last_message_at - EPOCH) // MICROSECOND}_{conversation.pk}"


def _after(cursor: str) -> Q:
    micros, pk = (whole(part) for part in (cursor.partition("_")[0], cursor.partition("_")[2]))
    if micros is None or pk is None or micros > LATEST:
        return Q()
    at = EPOCH + micros * MICROSECOND
    # The first condition alone bounds the walk along the index; the second only breaks ties.
    return Q(last_message_at__lte=at) & (Q(last_message_at__lt=at) | Q(pk__lt=pk))
