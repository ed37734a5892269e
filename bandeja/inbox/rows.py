"""The rows of the list: a page of conversations, each with what is said of it in two lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import OuterRef, Q, QuerySet, Subquery

from bandeja.closing.clocks import clocks
from bandeja.closing.deadline import Run
from bandeja.conversations.models import Conversation, Message, Status, Tag
from bandeja.conversations.scope import Scope
from bandeja.conversations.tags import tags_of
from bandeja.inbox import lookup, soon
from bandeja.inbox.filters import Asked
from bandeja.inbox.walk import Path, Source, Step, Walked, walk
from bandeja.inbox.walk import counts as walk_counts
from bandeja.people.models import Agent

PAGE = 40
MOST = 200
"""The most rows a refresh brings: whoever scrolled further scrolls again."""
PATIENCE = 0.025
"""Seconds a page is looked for; a filter that chooses few goes on with the next one."""
COUNTED = 999
NEWS = 99
AMONG = 1_000
"""Every ring of the bell counts for everybody: no more are looked at for that."""


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list; `deadline` only while its clock runs, `message` when that is what was found."""

    conversation: Conversation
    deadline: datetime | None
    near: datetime | None
    """When its closing chip appears: a quarter of its time before the deadline."""
    tags: Sequence[Tag] = ()
    message: Message | None = None
    snoozer: str = ""
    """Who snoozed it."""

    @property
    def quarter(self) -> int:
        """That quarter in milliseconds, for the browser."""
        if self.deadline is None or self.near is None:
            return 0
        return int((self.deadline - self.near) / timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, where the next ones begin ('' at the end), and the instant they were read.

    `looked_to` is how far back it looked when its time was over before the page was full; `top` is where it began.
    """

    rows: Sequence[Row]
    next: str
    now: datetime
    looked_to: datetime | None = None
    top: str = ""

    @property
    def keeps(self) -> bool:
        """Whether a refresh from the top could lose rows that took several pages to find."""
        return self.looked_to is not None


def visible(agent: Agent) -> QuerySet[Conversation]:
    """The conversations this person may see: every lookup in the inbox starts here."""
    return Scope.of(agent).filter(Conversation.objects.select_related("contact", "account", "owner", "team"))


def page(asked: Asked, *, before: str = "", count: int = PAGE) -> Page:
    """The newest rows that match, or those after `before` (what `Page.next` said)."""
    return shown(asked, walked(asked, before=before, count=max(PAGE, min(count, MOST))))


def walked(asked: Asked, *, before: str, count: int) -> Walked:
    """The next so many that match after `before`, in the order of the list; fewer where the time is over."""
    q, way, wanted = asked.filters.q, path(asked), along(asked)
    if not q:
        return walk(way, wanted, count=count, seconds=PATIENCE, after=before)
    if (found := lookup.few(asked.agent.workspace_id, q)) is not None:
        return _of_people(way, reach(asked) & Q(contact__in=found), before, count)
    # A subquery of one value is looked up for each conversation; EXISTS may read all the contacts beforehand.
    known = lookup.matching(asked.agent.workspace_id, q).filter(pk=OuterRef("contact_id")).values("pk")[:1]
    return walk(way, wanted & Q(contact=Subquery(known)), count=count, seconds=PATIENCE, after=before)


def held(asked: Asked, ids: Sequence[int]) -> Mapping[int, Row]:
    """Those of the rows on screen that still match, as they are now."""
    conversations = visible(asked.agent).filter(asked.wanted, pk__in=ids)
    return {row.conversation.pk: row for row in rows(asked, conversations)}


def news(asked: Asked, top: str) -> int:
    """How many stand above what was the topmost row, 99 at the most."""
    way = path(asked)
    if not top or asked.filters.q:
        return 0
    [(found, _)] = walk_counts([(way.filter(way.before(top)), [along(asked)])], AMONG)
    return min(found, NEWS)


def counts(each_asked: Iterable[Asked]) -> list[str]:
    """How many match each, said no further than 999+; with a + when more would have to be looked at to know."""
    looks = list[tuple[Path, Sequence[Q]]]()
    for is_soon, alike in groupby(each_asked, key=lambda asked: bool(asked.filters.soon)):
        group = list(alike)
        if is_soon:  # one way leads by all of these
            looks.append((path(group[0]), [along(asked) for asked in group]))
        else:
            looks += [(path(asked), [along(asked)]) for asked in group]
    return [said(*found) for found in walk_counts(looks, AMONG)]


def said(found: int, more: bool) -> str:  # noqa: FBT001  as `walk.counts` answers
    """A number and whether it may be larger, as a counter says it; nothing for none."""
    if found > COUNTED:
        return f"{COUNTED}+"
    return f"{found}+" if found and more else str(found or "")


def reach(asked: Asked) -> Q:
    """What a conversation must be to be shown to whoever asks."""
    return Scope.of(asked.agent).condition & asked.wanted


def along(asked: Asked) -> Q:
    """The same of what a path leads by: what its sources ask for themselves is left to them."""
    return Scope.of(asked.agent).condition & asked.beside_clocks


def path(asked: Asked) -> Path:
    """The index that gives what the filters ask for with the least beside it, in the order of the list."""
    filters, scope = asked.filters, Scope.of(asked.agent)
    if filters.soon:
        return _soon(asked)
    ours = Conversation.objects.filter(workspace_id=scope.workspace_id)
    owner = asked.owner_id or scope.only_owner
    if filters.state == "snoozed":
        ours = ours.filter(snoozed_at__isnull=False)
    elif owner is not None:
        ours = ours.filter(owner_id=owner)
    elif not filters.mixes_states and filters.state != "closed":
        ours = ours.filter(status=Status.OPEN, **({"unread__gt": 0} if filters.tab else {}))
    return Path([Source(ours.filter(last_message_at__gte=asked.since) if asked.since else ours)])


def _soon(asked: Asked) -> Path:
    """Those that close soonest come first: each account's clocks, by the index the sweep looks at."""
    clocks = [
        Source(
            Conversation.objects.filter(account_id=account_id, look_at__lte=soon.latest(cover, asked.now)),
            soon.near_by(cover, asked.now),
        )
        for account_id, cover in asked.covers.items()
        if not cover.paused_at
    ]
    return Path(clocks, key="look_at", rises=True)


def _of_people(way: Path, wanted: Q, before: str, count: int) -> Walked:
    """The conversations of a few contacts, all of them at once."""
    found = Conversation.objects.filter(wanted & way.after(before)).order_by(*way.order)
    steps = [Step(pk, at, 0, 0) for pk, at in found.values_list("pk", way.key)[: count + 1]]
    return Walked(steps[:count], steps[count - 1].cursor if len(steps) > count else "")


def shown(asked: Asked, walked: Walked) -> Page:
    """The rows of what was found, in the order it was found in."""
    found = visible(asked.agent).in_bulk([step.pk for step in walked.found])
    kept = rows(asked, [found[step.pk] for step in walked.found if step.pk in found])
    top = walked.found[0] if walked.found else Step(0, asked.now, None, 0)  # above nothing is what comes from now on
    return Page(kept, walked.next, asked.now, walked.looked_to, top.cursor)


def rows(asked: Asked, conversations: Iterable[Conversation]) -> list[Row]:
    """These conversations as rows, each with its clock and its tags."""
    shown = list(conversations)
    tags = tags_of([conversation.pk for conversation in shown])
    runs, snoozers = clocks(shown, asked.covers), _snoozers(shown)
    return [_row(each, runs.get(each.pk), tags.get(each.pk, ()), snoozers) for each in shown]


def _row(conversation: Conversation, runs: Run | None, tags: Sequence[Tag], snoozers: Mapping[int, str]) -> Row:
    until, near = (runs.until, runs.near) if runs else (None, None)
    return Row(conversation, until, near, tags, snoozer=snoozers.get(conversation.kept_by_id or 0, ""))


def _snoozers(shown: Iterable[Conversation]) -> Mapping[int, str]:
    """Whoever snoozed one of these, by name; nobody is asked for where none is."""
    ids = {each.kept_by_id for each in shown if each.snoozed_at and each.kept_by_id}
    return {agent.pk: str(agent) for agent in Agent.objects.filter(pk__in=ids)} if ids else {}
