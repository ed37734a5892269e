"""The sweep: closes what is due, and nothing else (closing C7, C8, D6).

A round waits for deliveries being stored at its instant, then takes the workspaces in turn, a batch each. It
compares deadlines with one instant, read before it waited: whatever was received up to then is stored by the time
it reads, and holds back the closings it could concern. A pass is rounds until one finds nothing to do.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from time import monotonic
from typing import Any, NamedTuple

from django.db import DatabaseError, OperationalError, connection, transaction

from bandeja.channels import gate
from bandeja.closing import coverage, farewells, grace
from bandeja.closing.deadline import Cover, columns
from bandeja.closing.marks import marks
from bandeja.closing.options import NONE
from bandeja.closing.setbacks import clear_settled, step_aside
from bandeja.closing.withholding import give_waiting, spares, withholds
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Cause
from bandeja.conversations.sql import is_outage, run, statement

log = logging.getLogger(__name__)

STORING = 8301
"""The advisory lock every store shares while it stamps `received_at` (closing C8)."""
STORE_PATIENCE = "500ms"
"""How long a round waits for stores in flight before it gives way: behind a waiting round nothing is stored."""
BATCH = lifecycle.BATCH
"""The most conversations a batch locks: what an inbound message may have to wait for, some 35 to 70 ms of closing.
Half of it closed 7 % fewer a second."""
SLICE = 0.2
"""Seconds until a round starts anew with a fresh instant, so that what falls due meanwhile has its turn too."""
SOON = 0.05
"""Seconds until the next round while something due is locked or held back."""
TICK = timedelta(microseconds=1)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

HEADS = statement("bandeja.closing", "heads")
ANEW = coverage.anew(
    armed_at="due.armed_at",
    answered_at="due.answered_at",
    ends="%(ends)s::timestamptz[]",
    seconds="kind.seconds",
    ended="kind.ended",
    answers="kind.answers",
    hours="kind.hours",
    whole_days="kind.whole_days",
)
COUNTS = "case when stretch.answers then greatest(counted.armed_at, counted.answered_at) else counted.armed_at end"
DUE = (
    statement("bandeja.closing", "due")
    .replace("{anew}", ANEW)
    .replace("{over}", coverage.over(start=COUNTS, by="stretch"))
    .replace("{withholds}", withholds(of="judged", by="option"))
)
ANSWER = """(select min(workspace_id) from due), (select count(*) from due), (select max(look_at) from due),
            (select count(*) from judged where deadline is null),
            (select count(*) from judged where deadline > %(until)s),
            array(select id from withheld order by id),
            array(select id from withheld where withheld_for = 'waiting' order by id)"""


@dataclass(slots=True)
class Swept:
    """What was done: conversations closed, void clocks disarmed, looks moved to a later deadline, closings withheld
    (closing G2, G3), rows set aside.

    `stuck` are those that could not even be set aside: a later pass meets them again. `next_in` is the seconds until
    the next look, None if there is none.
    """

    closed: int = 0
    disarmed: int = 0
    moved: int = 0
    withheld: int = 0
    aside: list[int] = field(default_factory=list)
    stuck: list[int] = field(default_factory=list)
    next_in: float | None = None

    @property
    def count(self) -> int:
        return self.closed + self.disarmed + self.moved + self.withheld + len(self.aside)

    @property
    def failed(self) -> list[int]:
        """What this pass tries no more."""
        return self.aside + self.stuck


class _Head(NamedTuple):
    """An account's first look, and the instant it was read."""

    read_at: datetime
    account_id: int
    workspace_id: int
    look_at: datetime


@dataclass(order=True, frozen=True, slots=True)
class _Due:
    """An account with something to judge: its oldest look, and until which instant it may be judged."""

    head: datetime
    account_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class _Pass:
    """What every batch of a round shares."""

    swept: Swept
    at: datetime | None
    by: Actor
    batch: int


def step() -> Swept:
    """One round at the database's instant: what the worker's loop repeats. After an outage of ours it waits."""
    if outage := grace.look():
        return Swept(next_in=(outage.resumes_at - outage.at).total_seconds())
    return _round(_Pass(Swept(), None, SYSTEM, BATCH))


def sweep(*, at: datetime | None = None, by: Actor = SYSTEM, batch: int = BATCH) -> Swept:
    """Close everything due at `at` (the database's now when None), and answer what was done.

    Safe in any number of processes at once: a row is closed by whoever locks it. One that fails steps aside and
    delays no other. `batch` is the most conversations a transaction takes.
    """
    swept = Swept()
    done = -1
    while swept.count > done:
        done = swept.count
        _round(_Pass(swept, at, by, batch))
    return swept


def _round(work: _Pass) -> Swept:
    heads = _heads()
    if not heads:
        return work.swept
    now = work.at or heads[0].read_at
    due = [head.account_id for head in heads if head.look_at <= now]
    if due and _wait_for_stores():
        low = marks(due)
        until = {account_id: min(now, low.get(account_id, NEVER) - TICK) for account_id in due}
        _take_turns(_turns(heads, until), work)
        clear_settled()
    work.swept.next_in = _next_in(min(head.look_at for head in heads), now)
    return work.swept


def _heads() -> list[_Head]:
    with run(HEADS, {}) as cursor:
        return [_Head(*row) for row in cursor.fetchall()]


def _wait_for_stores() -> bool:
    """Wait until every store in flight has committed; false if one takes too long, and the round gives way."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", [STORE_PATIENCE])
            cursor.execute("select pg_advisory_xact_lock(%s)", [STORING])
            cursor.execute("select set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        log.warning("A delivery is taking long to store; closing waits for it: %s", error)
        return False
    return True


def _turns(heads: Sequence[_Head], until: Mapping[int, datetime]) -> deque[list[_Due]]:
    """A heap of accounts for each workspace that has something to judge, the one waiting longest first."""
    turns: dict[int, list[_Due]] = defaultdict(list)
    for head in sorted(heads, key=lambda each: each.look_at):
        if head.account_id in until and head.look_at <= until[head.account_id]:
            turns[head.workspace_id].append(_Due(head.look_at, head.account_id, until[head.account_id]))
    return deque(turns.values())


def _take_turns(turns: deque[list[_Due]], work: _Pass) -> None:
    """Workspaces in turn, a batch each; within one, always the account whose oldest look is the oldest."""
    started = monotonic()
    while turns and monotonic() - started < SLICE:
        turn = turns.popleft()
        due = heappop(turn)
        if head := _settle(due, work):
            heappush(turn, replace(due, head=head))
        if turn:
            turns.append(turn)


def _settle(due: _Due, work: _Pass) -> datetime | None:
    """Settle a batch of one account; answers where it goes on, None when nothing is left that could be taken.

    If the batch fails, find out which row it is.
    """
    try:
        return _settle_batch(due, work)
    except DatabaseError as error:
        if is_outage(error):
            raise
        ids = _due_ids(due, work)
        _isolate(due, work, ids)
        return due.head if len(ids) == work.batch else None


def _isolate(due: _Due, work: _Pass, ids: list[int]) -> None:
    """Settle these one half at a time, down to the row that fails: it steps aside (closing D6)."""
    if not ids:
        return
    try:
        _settle_batch(due, work, only=ids)
    except DatabaseError as error:
        if is_outage(error):
            raise
        if len(ids) == 1:
            stepped = step_aside(ids[0], error, due.until)
            (work.swept.aside if stepped else work.swept.stuck).append(ids[0])
            return
        half = len(ids) // 2
        _isolate(due, work, ids[:half])
        _isolate(due, work, ids[half:])


def _settle_batch(due: _Due, work: _Pass, only: list[int] | None = None) -> datetime | None:
    """One transaction; answers the last look it took, None when it took less than a whole batch."""
    with transaction.atomic():
        gate.enter([due.account_id])
        cover = coverage.clock([due.account_id]).get(due.account_id)
        if cover and (cover.paused_at or not cover.is_known(due.until)):
            return None
        chosen = {"account": due.account_id, "until": due.until, "aside": work.swept.failed, "only": only}
        closed, workspace_id, taken, last, void, later, withheld, waiting = lifecycle.close_selection(
            lifecycle.Selection(DUE, {**chosen, "limit": work.batch, **_cover_params(cover)}, answer=ANSWER),
            reason=cover.reason if cover else "",
            cause=Cause.RULE,
            by=work.by,
            at=work.at,
        )
        if cover and waiting:
            give_waiting(workspace_id, waiting, cover.options, at=work.at)
        if cover and closed:
            farewells.owe(closed, cover.rule_id)
        ring([workspace_id], [*closed, *withheld])
    work.swept.closed += len(closed)
    work.swept.withheld += len(withheld)
    work.swept.disarmed += void
    work.swept.moved += later
    return last if taken == work.batch else None


def _cover_params(cover: Cover | None) -> dict[str, Any]:
    """The cover as the statement reads it; without one every clock is void: it begins at the end of time."""
    unheard = cover.unheard if cover else None
    return {
        "begins": cover.begins if cover else NEVER,
        **columns(cover.times if cover else ()),
        "unheard_begins": unheard.begins if unheard else NEVER,
        **{f"unheard_{name}": values for name, values in columns(unheard.times if unheard else ()).items()},
        "ends": list(cover.ends) if cover else [],
        **spares(cover.options if cover else NONE),
        "rule_id": cover.rule_id if cover else None,
        "rule_name": cover.rule_name if cover else "",
        "rule_amount": cover.amount if cover else None,
        "rule_unit": cover.unit if cover else "",
        "unheard_amount": cover.options.unheard_amount if cover else None,
        "unheard_unit": cover.options.unheard_unit if cover else "",
    }


def _due_ids(due: _Due, work: _Pass) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select id from conversation
               where account_id = %s and look_at <= %s and id <> all(%s::bigint[])
               order by look_at limit %s""",
            [due.account_id, due.until, work.swept.failed, work.batch],
        )
        return [row[0] for row in cursor.fetchall()]


def _next_in(first: datetime, now: datetime) -> float:
    """Seconds until something is due; a little while if it was, longer the longer it has been held back.

    Whoever did something goes on at once: only a round that did nothing is waited after.
    """
    wait = (first - now).total_seconds()
    return wait if wait > 0 else max(SOON, min(0.5, -wait / 10))
