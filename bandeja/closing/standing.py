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

from bandeja.closing.coverage import OF_WORKSPACE, anew
from bandeja.conversations.models import Conversation
from bandeja.conversations.sql import run, statement

COUNTED = 20_000
"""The most open conversations that are counted, those with the latest messages: more would take too long."""

ANEW = anew(armed_at="stands.armed_at", ends="stands.ends", seconds="stands.seconds", ended="stands.until")
STANDING = statement("bandeja.closing", "standing").replace("{covers}", OF_WORKSPACE).replace("{anew}", ANEW)
OF_ONE = STANDING.replace("{chosen}", "id = %(conversation)s").replace(
    "{answer}",
    """select standing, deadline, bandeja_now(), judged.opened_at, judged.armed_at, last_inbound_at, agent_opened_at,
       cover.rule_id, cover.begins, cover.seconds, cover.until, coverage.covered_since, account.connected_at, runs_out
from judged
join account on account.id = judged.account_id
left join cover on cover.account_id = judged.account_id
left join coverage on coverage.account_id = cover.account_id and coverage.rule_id = cover.rule_id""",
)
OF_OPEN = STANDING.replace(
    "{chosen}", "status = 'open' order by last_message_at desc, id desc limit %(most)s"
).replace(
    "{answer}",
    """select account_id, standing, count(*) from judged
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
    """select account_id, count(*) filter (where deadline <= %(until)s),
       count(*) filter (where deadline <= %(now)s), count(*)
from (select account_id, deadline from judged offset 0) as each_judged_once
group by account_id""",
)


class Standing(models.TextChoices):
    """How one stands: its clock runs, or what is named keeps it from having one."""

    CLOSED = "closed", _("Closed")
    RUNS = "runs", _("Its clock runs")
    PAUSED = "paused", _("Closing is paused")
    KEPT = "kept", _("Kept open")
    NO_PLAN = "no_plan", _("The plan has no closing rules")
    DISCONNECTED = "disconnected", _("The account is disconnected")
    RULE_OFF = "rule_off", _("Its rule is off")
    NO_RULE = "no_rule", _("No rule has the account")
    NEVER_WROTE = "never_wrote", _("The contact has not written")
    REOPENED = "reopened", _("Opened again by hand; the contact silent since")
    OLDER = "older", _("The contact last wrote before the rule covered the account")
    NOT_STARTED = "not_started", _("No message has started a clock")


@dataclass(frozen=True, slots=True)
class Stands:
    """How a conversation stood at an instant, and the facts behind it, all read in one statement.

    `deadline` is only where its clock runs; `armed_at` may also be that of a void one. What covers its account is
    None where nothing does; `times` are the rule's, in seconds, each with the instant it ended, None for the present.
    `runs_out` is the deadline, and while closing is paused what it would be if that were not.
    """

    standing: Standing
    deadline: datetime | None
    at: datetime
    opened_at: datetime
    armed_at: datetime | None
    last_inbound_at: datetime | None
    agent_opened_at: datetime | None
    rule_id: int | None
    begins: datetime | None
    times: Sequence[tuple[int, datetime | None]]
    covered_since: datetime | None
    connected_at: datetime
    runs_out: datetime | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> Stands:
        standing, deadline, at, opened_at, armed_at, inbound_at, agent_at, rule_id, begins, *rest = row
        seconds, until, covered_since, connected_at, runs_out = rest
        times = list(zip(seconds or (), until or (), strict=True))
        return cls(
            Standing(standing), deadline, at, opened_at, armed_at, inbound_at, agent_at, rule_id, begins, times,
            covered_since, connected_at, runs_out,
        )  # fmt: skip

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
        if self.begins is None or self.last_inbound_at is None:
            return False
        return self.last_inbound_at >= max(self.begins, self.agent_opened_at or self.begins)

    @property
    def is_void(self) -> bool:
        """Whether a clock of its is void: cover was interrupted since (closing R7)."""
        return self.armed_at is not None and self.runs_out is None


@dataclass(frozen=True, slots=True)
class Group:
    """Open conversations of an account that stand alike."""

    account_id: int
    standing: Standing
    count: int


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
    with run(OF_ONE, {"workspace": conversation.workspace_id, "conversation": conversation.pk}) as cursor:
        for row in cursor.fetchall():
            return Stands.of(row)
    raise Conversation.DoesNotExist


def groups(workspace_id: int, *, most: int = COUNTED) -> Sequence[Group]:
    """The open conversations of a workspace by account and standing: the `most` latest of them."""
    with run(OF_OPEN, {"workspace": workspace_id, "most": most}) as cursor:
        return [Group(account_id, Standing(standing), count) for account_id, standing, count in cursor.fetchall()]


def ahead(workspace_id: int, *, now: datetime, until: datetime, most: int = COUNTED) -> Sequence[Ahead]:
    """The clocks of a workspace that run out until then, `most` at the most; that is an hour from `now`, or later."""
    with run(AHEAD, {"workspace": workspace_id, "now": now, "until": until, "most": most}) as cursor:
        return [Ahead(*row) for row in cursor.fetchall()]
