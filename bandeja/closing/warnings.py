"""Warnings: a contact is told that their conversation closes soon, if the rule says so (closing W1 to W5).

Whom to warn is found without a lock, by the sweep's own index, and decided on under the lock of each row, in a
transaction that writes the message and that it was written. So any number of workers warn once, and whatever is
killed has done both or neither.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from bandeja.channels import gate
from bandeja.closing import grace
from bandeja.closing.courtesy import Courtesy, Due
from bandeja.closing.models import Rule, Warned
from bandeja.closing.saying import WARNING, hears, is_read_until, lock, say
from bandeja.closing.standing import STANDING, Standing, Stands, stands
from bandeja.conversations.models import Conversation
from bandeja.conversations.sql import is_outage, run, statement

log = logging.getLogger(__name__)

BATCH = 200
"""The most of a workspace that one step warns, those that close first; each in a transaction of its own."""
SOON = 1.0
"""Seconds until the next step while clocks run that may be warned of."""
KEPT_FOR = "8 days"
"""How long it is known that a clock that does not run was warned of: it may be taken back (closing U3)."""
PRUNED = 500

AHEAD = statement("bandeja.closing", "warn_ahead")
IN_REACH, TO_WARN = statement("bandeja.closing", "warn").split("-- /\n")
WHOM = STANDING.replace("{chosen}", IN_REACH).replace("{answer}", TO_WARN)


@dataclass(slots=True)
class Looked:
    """How many were warned, or noted that they could not be; `next_in` is the seconds until the next may be due.

    `count` is what the loop repeats for: 0 where there was no full batch, for then nobody waits.
    """

    warned: int = 0
    next_in: float | None = None
    full: bool = False

    @property
    def count(self) -> int:
        return self.warned if self.full else 0


def step() -> Looked:
    """Warn those whose turn it is. After an outage of ours nobody is warned while nothing closes (closing H5)."""
    if outage := grace.outage_now():
        return Looked(next_in=(outage.resumes_at - outage.at).total_seconds())
    if grace.is_about_to_wait():
        return Looked(next_in=SOON)
    looked = Looked()
    for at, workspace_id, first in _ahead():
        wait = (first - at).total_seconds()
        if wait <= 0:
            done, is_full = _turn(workspace_id, at)
            looked.warned += done
            looked.full |= is_full
            wait = SOON
        looked.next_in = min(wait, looked.next_in or wait)
    return looked


def prune() -> int:
    """Forget what clocks were warned of that run no more, some at a time; answers how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from warning where conversation_id in (
                   select warning.conversation_id from warning
                   left join conversation on conversation.id = warning.conversation_id
                   where warning.at < bandeja_now() - %s::interval
                     and (conversation.armed_at is null or conversation.armed_at > warning.armed_at)
                   order by warning.at
                   limit %s
               )""",
            [KEPT_FOR, PRUNED],
        )
        return int(cursor.rowcount)


def _ahead() -> list[tuple[datetime, int, datetime]]:
    """The instant, and of each workspace with rules that warn when the first warning may be due."""
    with run(AHEAD, {}) as cursor:
        return cursor.fetchall()


def _turn(workspace_id: int, at: datetime) -> tuple[int, bool]:
    """Warn a batch of a workspace; answers how many were, and whether the last was full.

    Where some have to wait, those of other accounts have their turn in this very step.
    """
    done = 0
    held: set[int] = set()
    while True:
        found = _whom(workspace_id, at, held)
        waiting = [row[1] for row in found if not _warned(row)]
        done += len(found) - len(waiting)
        if len(found) < BATCH or not waiting:
            return done, len(found) == BATCH
        held.update(waiting)


def _whom(workspace_id: int, at: datetime, held: Collection[int]) -> list[tuple[int, int]]:
    """(conversation, account) of those to be warned as far as one sees without a lock, but on accounts in `held`."""
    with run(WHOM, {"workspace": workspace_id, "at": at, "held": sorted(held), "most": BATCH}) as cursor:
        return cursor.fetchall()


def _warned(row: tuple[int, int]) -> bool:
    """Whether this one was warned. One that fails delays no other: it is logged, and tried while it is of use."""
    conversation_id, account_id = row
    try:
        with transaction.atomic():
            gate.enter([account_id])
            conversation = lock(conversation_id)
            return conversation is not None and _warn(conversation)
    except DatabaseError as error:
        if is_outage(error):
            raise
        log.exception("Conversation %s could not be warned", conversation_id)
        return False


def _warn(conversation: Conversation) -> bool:
    """Warn it if that is due now that its row is locked and nobody changes its rule."""
    found = stands(conversation)
    rule = Rule.objects.filter(pk=found.rule_id or 0).first()
    closes_at, courtesy = found.closes_at, Courtesy.of(rule) if rule else None
    if rule is None or courtesy is None or closes_at is None or found.standing != Standing.RUNS:
        return False
    due = courtesy.due(closes_at, found.at)
    if due is None or not hears(conversation) or _is_warned(conversation, found, due):
        return False
    if not is_read_until(conversation.account_id, due.since, found.at):
        return False
    until, left = closes_at - due.time / 2, closes_at - found.at
    written = say(conversation, courtesy.warning, WARNING, rule=rule, at=found.at, until=until, left=left)
    # Where the channel takes nothing now it takes nothing later: that is noted once.
    _write_down(conversation, found, due.ordinal if written else len(courtesy.warnings))
    return True


def _is_warned(conversation: Conversation, found: Stands, due: Due) -> bool:
    """Whether its clock was given this warning, or another that came no earlier (closing W3)."""
    clock = Warned.objects.filter(pk=conversation.pk, armed_at=found.armed_at or found.at)
    last = clock.filter(at__gte=_started_at(found)).first()
    return last is not None and (last.ordinal >= due.ordinal or last.at >= due.since)


def _started_at(found: Stands) -> datetime:
    """From when the clock counts: its arming, or our answer where the rule counts that."""
    assert found.armed_at is not None  # noqa: S101  it runs
    answered = found.answered_at if found.counts_answers else None
    return max(found.armed_at, answered or found.armed_at)


def _write_down(conversation: Conversation, found: Stands, ordinal: int) -> None:
    told = {"ordinal": ordinal, "armed_at": found.armed_at, "at": found.at}
    Warned.objects.update_or_create(pk=conversation.pk, defaults=told)
