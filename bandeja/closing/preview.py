"""What a rule would have done: its closings of the last 30 days, worked out from what contacts wrote.

It writes nothing. Replaying the same history through the real engine closes exactly this: tests hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bandeja.closing.coverage import over
from bandeja.closing.deadline import Stretch
from bandeja.closing.looking import looking
from bandeja.closing.options import NONE, Options
from bandeja.closing.withholding import exempt, spares
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import statement
from bandeja.hours.writing import BACK
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace

DAYS = 30
"""How far it looks back."""
ZERO = timedelta(0)
MOST = 50
"""How many closings it lists, the latest ones."""
MOST_READ = 150_000
"""Of so many conversations every message is read; of more, of an even part of them."""
PART = 50_000
"""How many are that part: their messages lie far apart, and the figures are within one in a hundred."""
TOTALS = ("closings", "conversations", "back_in_an_hour", "back_in_a_day", "unanswered", "visible")

PATIENCE = timedelta(days=60)
"""How long an answer may have come after the message to be found, where the rule waits for answers or counts them."""

WRITTEN_IN = """
select count(*), min(created_at)
from conversation
where workspace_id = %(workspace)s and account_id = any(%(accounts)s::bigint[]) and last_inbound_at > %(from)s
"""
PREVIEW = statement("bandeja.closing", "preview").replace("{within}", WITHIN)
PLAIN = PREVIEW.replace("{deadline}", "spoken.at + make_interval(secs => %(seconds)s)").replace("{kept}", "true")
BY_HOURS = PREVIEW.replace(
    "{deadline}",
    f"(select {over(start='spoken.at', by='timed')} from timed)",  # noqa: S608  names of our own
).replace("{kept}", "true")
OPTIONS = (
    statement("bandeja.closing", "preview_options")
    .replace("{over_start}", over(start="start", by="timed"))
    .replace("{over_spoken}", over(start="spoken.at", by="timed"))
    .replace("{over_answered}", over(start="ours.at[1]", by="timed"))
)
SPARED = exempt(of="conversation", by="option")
WITH_OPTIONS = PREVIEW.replace("{deadline}", OPTIONS).replace(
    "{kept}",
    f"not (select {SPARED} from option)",  # noqa: S608  names of our own
)


@dataclass(frozen=True, slots=True)
class Line:
    """One closing that would have been. `back_at` is when the contact wrote next, None if they have not.

    `answered` is whether a person of ours wrote between their last message and the closing: flows and automatic
    answers are nobody.
    """

    conversation: Conversation
    said_at: datetime
    closes_at: datetime
    back_at: datetime | None
    answered: bool

    @property
    def is_back_soon(self) -> bool:
        """Whether the contact wrote again within the day after it."""
        return self.back_at is not None and self.back_at - self.closes_at <= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """The closings after `since` and up to `until`; the totals are of all of them, `lines` of what one may see.

    `visible` is how many may be seen, `days` how many there were on each day that had one. `began` is when the oldest
    of the conversations that were written in began, None if there is none. `every` is 1 where each conversation was
    looked at; of n, one in n was, the totals are so many times as many as were found, and `lines` are some of them.
    """

    since: datetime
    until: datetime
    closings: int
    conversations: int
    back_in_an_hour: int
    back_in_a_day: int
    unanswered: int
    visible: int
    days: Sequence[tuple[date, int]]
    lines: Sequence[Line]
    began: datetime | None
    every: int = 1

    @property
    def is_sampled(self) -> bool:
        return self.every > 1

    @property
    def looked(self) -> int:
        """The days there is something of: 30, or fewer where the first conversation began later."""
        began = max(self.since, self.began or self.until)
        return max(1, -((began - self.until) // timedelta(days=1)))

    @property
    def a_day(self) -> float:
        """The forecast: as many closings a day as there would have been on average."""
        return self.closings / self.looked

    @property
    def most_in_a_day(self) -> int:
        return max((count for _, count in self.days), default=0)


def look_back(
    workspace: Workspace, account_ids: Sequence[int], time: Stretch, *, scope: Scope, options: Options = NONE,
    at: datetime | None = None, most: int = MOST,
) -> Preview:  # fmt: skip
    """What a rule with this time on these accounts, which are of the workspace, would have closed until `at`.

    As if it had always been in force, and every message had been read when it was received. Raises TooMuch, Busy.
    """
    until = at or database_now()
    since = until - timedelta(days=DAYS)
    params = {
        "workspace": workspace.pk, "accounts": list(account_ids), "seconds": time.seconds,
        "whole_days": time.whole_days,
        "hours": time.hours.version if time.hours else None, "since": since, "until": until, "most": most,
        "zone": workspace.time_zone, "answers": options.counts_answers, **spares(options), **scope.params(),
        "from": _earliest(time, since) - (PATIENCE if options.guards or options.counts_answers else ZERO),
    }  # fmt: skip
    with looking(workspace.pk) as cursor:
        cursor.execute(WRITTEN_IN, params)
        count, began = cursor.fetchone()
        every = -(-count // PART) if count > MOST_READ else 1
        cursor.execute(_statement(time, options), {**params, "every": every})
        *totals, days, counts, ids, said, closes, back, answered, first_said = cursor.fetchone()
        listed = list(zip(ids, said, closes, back, answered, strict=True))
        each_day, lines = [(day, n * every) for day, n in zip(days, counts, strict=True)], _lines(listed)
        told: dict[str, Any] = {name: n * every for name, n in zip(TOTALS, totals, strict=True)}
        # A merged one has messages that are older than itself.
        began = min(filter(None, (began, first_said)), default=None)
        return Preview(since=since, until=until, days=each_day, lines=lines, began=began, every=every, **told)


def _statement(time: Stretch, options: Options) -> str:
    if not options.is_plain:
        return WITH_OPTIONS
    return BY_HOURS if time.hours else PLAIN


def _earliest(time: Stretch, since: datetime) -> datetime:
    """When a message came at the earliest, of which the time is over after `since`; a moment before it may be."""
    low, high = since - BACK, since
    if time.hours is None:
        return since - timedelta(seconds=time.seconds)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if time.over(middle) <= since else (low, middle)
    return low


def _lines(listed: Sequence[tuple[Any, ...]]) -> list[Line]:
    known = Conversation.objects.select_related("contact", "account").in_bulk({pk for pk, *_ in listed})
    return [Line(known[pk], *instants) for pk, *instants in listed if pk in known]
