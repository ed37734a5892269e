"""What taking closings back would do, before anybody confirms it: the same judgement, and nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bandeja.bulk.acting import Deadlines, Ways, how_left
from bandeja.bulk.asking import Closed, undoing_of
from bandeja.bulk.models import Bulk
from bandeja.bulk.patience import in_time
from bandeja.conversations.reverting import Fate, Judged, judge, judge_closings
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import statement
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

MOST = 20_000
"""The most closings that are looked at, the latest: who asks waits for the page."""
PATIENCE = "5s"

WAS = statement("bandeja.bulk", "was")


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of conversations: how many open, of these how many with a clock that runs on or kept open;
    how many stay as they are, and why. Those out of reach are counted and no more. `at` is when it was looked.
    """

    at: datetime
    total: int = 0
    opens: int = 0
    clocks: int = 0
    kept: int = 0
    written: int = 0
    touched: int = 0
    undone: int = 0
    unavailable: int = 0

    @property
    def is_bounded(self) -> bool:
        """Whether there may be more than were looked at."""
        return self.total >= MOST

    @property
    def bare(self) -> int:
        """How many open with no clock, and are kept open by nobody."""
        return self.opens - self.clocks - self.kept


def foresee(agent: Agent, closed: Closed, *, ways: Ways) -> Foreseen | None:
    """What would become of what a rule or a flow closed; None where there is too much to look at."""
    closings, scope = ways.closings(undoing_of(agent, closed, database_now())), Scope.of(agent)
    found = in_time(lambda: judge_closings(closings, scope=scope, most=MOST), PATIENCE)
    return None if found is None else _count(found, ways.deadlines)


def foresee_bulk(agent: Agent, bulk: Bulk, *, ways: Ways) -> Foreseen | None:
    """What would become of what a bulk action closed; None where there is too much to look at."""
    params, left = {"bulk": bulk.pk, "most": MOST}, how_left(bulk)
    found = in_time(lambda: judge(WAS, params, left=left, scope=Scope.of(agent)), PATIENCE)
    return None if found is None else _count(found, ways.deadlines)


def _count(found: Sequence[Judged], deadlines: Deadlines) -> Foreseen:
    opens = [each for each in found if each.fate == Fate.LEFT]
    runs_out = deadlines({each.account_id for each in opens if each.account_id is not None})
    now = database_now()

    def runs(each: Judged) -> bool:
        if each.armed_at is None or each.account_id is None or each.kept:
            return False
        clock = runs_out(each.account_id, each.armed_at, each.answered_at, each.unheard_at)
        return clock is not None and clock[1] > now

    return Foreseen(
        at=now,
        total=len(found),
        opens=len(opens),
        clocks=sum(map(runs, opens)),
        kept=sum(each.kept for each in opens),
        written=sum(each.fate == Fate.WRITTEN for each in found),
        touched=sum(each.fate == Fate.TOUCHED for each in found),
        undone=sum(each.fate == Fate.UNDONE for each in found),
        unavailable=sum(each.fate is None for each in found),
    )
