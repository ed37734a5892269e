"""How conversations stand with closing rules: whose clock runs, and what keeps each of the others from having one.

One statement says it, over the rows that arming and the sweep decide by. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from bandeja.closing.coverage import OF_WORKSPACE, anew, over, stretches
from bandeja.closing.deadline import Cover, Run, Stretch, runs_on
from bandeja.closing.withholding import withholds
from bandeja.conversations.models import Conversation, Withheld
from bandeja.conversations.sql import run as execute
from bandeja.conversations.sql import statement
from bandeja.hours.writing import timelines

COUNTED = 20_000
"""The most open conversations that are counted, those with the latest messages: more would take too long."""

ANEW = anew(
    armed_at="stands.armed_at",
    answered_at="stands.answered_at",
    ends="stands.ends",
    seconds="stands.seconds",
    ended="stands.until",
    answers="stands.answers",
    hours="stands.hours",
    whole_days="stands.whole_days",
)
COUNTS = "case when stretch.answers then greatest(counted.armed_at, counted.answered_at) else counted.armed_at end"
STANDING = (
    statement("bandeja.closing", "standing")
    .replace("{covers}", OF_WORKSPACE)
    .replace("{anew}", ANEW)
    .replace("{over}", over(start=COUNTS, by="stretch"))
    .replace("{withholds}", withholds(of="counted", by="counted"))
)
OF_ONE = STANDING.replace("{chosen}", "id = %(conversation)s").replace(
    "{answer}",
    """select standing, deadline, bandeja_now(), judged.opened_at, judged.armed_at, last_inbound_at, agent_opened_at,
       included_at, cover.rule_id, cover.begins, cover.seconds, cover.until, cover.answers,
       cover.hours, cover.whole_days, cover.unheard_seconds, cover.unheard_days, coverage.covered_since,
       account.connected_at, judged.answered_at, unheard_at, judged.withheld_at, judged.withholds, runs_out
from judged
join account on account.id = judged.account_id
left join cover on cover.account_id = judged.account_id
left join coverage on coverage.account_id = cover.account_id and coverage.rule_id = cover.rule_id""",
)
OF_OPEN = STANDING.replace(
    "{chosen}", "status = 'open' order by last_message_at desc, id desc limit %(most)s"
).replace(
    "{answer}",
    """select account_id, standing, count(*),
       count(*) filter (where agent_opened_at is null or agent_opened_at <= last_inbound_at)
from judged
group by account_id, standing
order by account_id, count(*) desc, standing""",
)
# Those that run out first, whatever account has the most; each account's are in order in its index.
OVER_BY = """id = any(array(
    select soonest.id
    from cover
    cross join lateral (
        select id, look_at from conversation as theirs
        where theirs.account_id = cover.account_id and look_at <= %(until)s
        order by look_at
        limit %(most)s
    ) as soonest
    order by soonest.look_at
    limit %(most)s
))"""
# The sweep looks at no clock later than at its deadline, or an hour from now where it could not close it.
AHEAD = STANDING.replace("{chosen}", OVER_BY).replace(
    "{answer}",
    """select account_id, count(*) filter (where deadline <= %(until)s and withholds is null),
       count(*) filter (where deadline <= %(now)s and withholds is null), count(*)
from (select account_id, deadline, withholds from judged offset 0) as each_judged_once
group by account_id""",
)


class Standing(models.TextChoices):
    """How one stands: its clock runs, or what is named keeps it from having one."""

    CLOSED = "closed", _("Closed")
    RUNS = "runs", _("Its clock runs")
    PAUSED = "paused", _("Closing is paused")
    KEPT = "kept", _("Kept open or snoozed")
    WAITING = "waiting", _("The contact waits for an answer")
    EXEMPT = "exempt", _("The rule spares it")
    NO_PLAN = "no_plan", _("The plan has no closing rules")
    DISCONNECTED = "disconnected", _("The account is disconnected")
    RULE_OFF = "rule_off", _("Its rule is off")
    NO_RULE = "no_rule", _("No rule has the account")
    NEVER_WROTE = "never_wrote", _("The contact has not written")
    REOPENED = "reopened", _("Opened again by hand; the contact silent since")
    OLDER = "older", _("The contact last wrote before the rule covered the account")
    NOT_STARTED = "not_started", _("No message has started a clock")


INCLUDABLE = {Standing.OLDER, Standing.NOT_STARTED}
"""How what may be included stands, where no agent opened it after the contact last wrote (closing I1)."""


@dataclass(frozen=True, slots=True)
class Stands:
    """How a conversation stood at an instant, and the facts behind it, all read in one statement.

    `deadline` is only where its clock runs; `armed_at` may also be that of a void one. What covers its account is
    None where nothing does; `times` are the rule's, in the order they were in force. `withholds` is what would
    withhold its closing were its time over. `runs_out` is the deadline, and while closing is paused what it would be
    if that were not. `unheard_at` is when we wrote last in what we began and nobody answered (closing N1).
    """

    standing: Standing
    deadline: datetime | None
    at: datetime
    opened_at: datetime
    armed_at: datetime | None
    last_inbound_at: datetime | None
    agent_opened_at: datetime | None
    included_at: datetime | None
    rule_id: int | None
    begins: datetime | None
    times: Sequence[Stretch]
    covered_since: datetime | None
    connected_at: datetime
    answered_at: datetime | None
    unheard_at: datetime | None
    withheld_at: datetime | None
    withholds: Withheld | None
    runs_out: datetime | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> Stands:
        standing, deadline, at, opened_at, armed_at, inbound_at, agent_at, included_at, rule_id, begins, *rest = row
        *columns, covered_since, connected_at, answered_at, unheard_at, withheld_at, withholds, runs_out = rest
        columns = [each or () for each in columns]
        times = stretches(*columns, known=timelines(pk for pk in columns[3] if pk))
        return cls(
            Standing(standing), deadline, at, opened_at, armed_at, inbound_at, agent_at, included_at, rule_id, begins,
            times, covered_since, connected_at, answered_at, unheard_at, withheld_at,
            Withheld(withholds) if withholds else None, runs_out,
        )  # fmt: skip

    @property
    def closes_at(self) -> datetime | None:
        """When it closes by itself as things stand, if it does (closing G1 to G3)."""
        return None if self.withholds else self.deadline

    @property
    def runs(self) -> Run | None:
        """Its clock, if it runs, paused or not: `deadline.runs_on` over what was read."""
        return None if self.runs_out is None else runs_on(self.armed_at, self.cover, self.answered_at)

    @property
    def cover(self) -> Cover | None:
        """What covers its clock; of what we began and nobody answered only where a rule closes it (closing N2)."""
        if self.rule_id is None or self.begins is None:
            return None
        return Cover(self.rule_id, "", 0, "", "", self.begins, self.times).of(self.unheard_at)

    @property
    def counts_from(self) -> datetime | None:
        """What the time counts from that runs out last: the clock's instant, or our answer (closing G1)."""
        return self.runs.counts_from if self.runs else None

    @property
    def is_answered(self) -> bool:
        """Whether that is our answer."""
        return self.counts_from is not None and self.counts_from != self.armed_at

    @property
    def counts_answers(self) -> bool:
        """Whether the rule counts our answers now."""
        return self.cover is not None and self.cover.times[-1].answers

    @property
    def is_due(self) -> bool:
        """Whether its time is over, and it is open all the same."""
        return self.deadline is not None and self.deadline <= self.at

    @property
    def ran_out(self) -> bool:
        """Whether its time is over, though closing is paused."""
        return self.runs_out is not None and self.runs_out <= self.at

    @property
    def starts_when_released(self) -> bool:
        """Whether a clock starts when it is kept open no more (closing C9)."""
        cover = self.cover
        if cover is None:
            return False
        if self.unheard_at:
            return self.unheard_at >= cover.begins
        if self.last_inbound_at is None:
            return False
        counts_at = max(self.last_inbound_at, self.included_at or self.last_inbound_at)
        return counts_at >= max(cover.begins, self.agent_opened_at or cover.begins)

    @property
    def starts_when_we_write(self) -> bool:
        """Whether a message of ours starts a clock: we begin it, and the rule closes what nobody answers (N1)."""
        wrote, opened = self.last_inbound_at, self.agent_opened_at
        heard = wrote is not None and (opened is None or opened <= wrote)
        return not heard and bool(self.times) and self.times[-1].unheard is not None

    @property
    def is_void(self) -> bool:
        """Whether a clock of its is void: cover was interrupted since (closing R7)."""
        return self.armed_at is not None and self.unheard_at is None and self.runs_out is None


@dataclass(frozen=True, slots=True)
class Group:
    """Open conversations of an account that stand alike; of those without a clock, how many may be included."""

    account_id: int
    standing: Standing
    count: int
    includable: int = 0


@dataclass(frozen=True, slots=True)
class Ahead:
    """Of an account, how many clocks run out within some time, and how many of these have run out already.

    `looked_at` is how many rows were read for that: as many as were asked for at the most.
    """

    account_id: int
    soon: int
    due: int
    looked_at: int = 0


def stands(conversation: Conversation) -> Stands:
    """How it stands at the database's instant. Raises Conversation.DoesNotExist when it is gone."""
    with execute(OF_ONE, {"workspace": conversation.workspace_id, "conversation": conversation.pk}) as cursor:
        for row in cursor.fetchall():
            return Stands.of(row)
    raise Conversation.DoesNotExist


def groups(workspace_id: int, *, most: int = COUNTED) -> Sequence[Group]:
    """The open conversations of a workspace by account and standing: the `most` latest of them."""
    with execute(OF_OPEN, {"workspace": workspace_id, "most": most}) as cursor:
        return [_group(*row) for row in cursor.fetchall()]


def _group(account_id: int, standing: str, count: int, not_reopened: int) -> Group:
    stands_so = Standing(standing)
    return Group(account_id, stands_so, count, not_reopened if stands_so in INCLUDABLE else 0)


def ahead(workspace_id: int, *, now: datetime, until: datetime, most: int = COUNTED) -> Sequence[Ahead]:
    """The clocks of a workspace that run out until then, `most` at the most; that is an hour from `now`, or later."""
    with execute(AHEAD, {"workspace": workspace_id, "now": now, "until": until, "most": most}) as cursor:
        return [Ahead(*row) for row in cursor.fetchall()]
