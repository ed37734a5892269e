"""Keeping conversations open: `lifecycle.keep`, `snooze`, `release` and `wake` (closing C9, S1 to S3).

What is kept open has no clock, whatever the contact writes meanwhile; what is snoozed has none either, and is out of
sight until they write. When that ends the clock starts anew, with the whole time: nothing closes at that instant.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import DatabaseError, connection, transaction

from bandeja.channels import gate
from bandeja.channels.reading import clean
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import as_json, is_outage, run, statement
from bandeja.people.clock import database_now

log = logging.getLogger(__name__)

LONGEST_REASON = 200
"""Signs."""
LONGEST = timedelta(days=366)
"""How far ahead keeping open may end by itself; whoever means longer ends it themselves."""
BATCH = 500

KEEP = statement("bandeja.conversations", "keep").replace("{within}", WITHIN)
RELEASE = statement("bandeja.conversations", "release")
RELEASE_WITHIN = RELEASE.replace("{within}", WITHIN)
RELEASE_DUE = RELEASE.replace("{within}", "true")


class Cover(Protocol):
    """What covers an account now: since when, and how long its clocks run. `closing.deadline.Cover` is one."""

    @property
    def begins(self) -> datetime: ...

    @property
    def seconds(self) -> int: ...

    @property
    def unheard(self) -> Cover | None:
        """The same of what we began and nobody answered; None where no rule closes that (closing N1)."""
        ...


Clock = Callable[[Sequence[int]], Mapping[int, Cover]]
"""Answers the cover of those of these accounts that have one; read behind their gates."""


def as_covers(covers: Mapping[int, Cover]) -> str:
    """What covers each account, as the statements that start clocks anew read it."""
    return as_json(
        [
            {"account_id": account_id, "begins": cover.begins, "seconds": cover.seconds, **as_unheard(cover)}
            for account_id, cover in covers.items()
        ]
    )


def as_unheard(cover: Cover) -> dict[str, Any]:
    """What covers what we began and nobody answered, as the same statements read it."""
    found = cover.unheard
    return {"unheard_begins": found and found.begins, "unheard_seconds": found and found.seconds}


class NotAhead(ValueError):
    """Keeping open would end before it begins, or later than `LONGEST` from now."""


class LongReason(ValueError):
    """The reason is longer than `LONGEST_REASON` signs."""


def keep(
    ids: Sequence[int],
    *,
    scope: Scope,
    by: Actor,
    until: datetime | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> list[int]:
    """Keep open conversations so, until an instant or until somebody releases them; answers those it changed.

    Closed ones are left alone. Closing one all the same, by hand or by a flow, ends it. Raises NotAhead and
    LongReason before anything is changed.
    """
    return _keep(ids, scope, by, until, reason, at, snoozes=False, seen=None)


def snooze(
    ids: Sequence[int],
    *,
    scope: Scope,
    by: Actor,
    until: datetime | None = None,
    reason: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Put open conversations out of sight so, until an instant or until their contact writes, whichever is first.

    `seen` is the newest message of the contact that the person has seen: where there is a newer one, it is left
    alone. Otherwise as `keep`: answers those it changed, and raises the same.
    """
    return _keep(ids, scope, by, until, reason, at, snoozes=True, seen=seen)


def _keep(
    ids: Sequence[int],
    scope: Scope,
    by: Actor,
    until: datetime | None,
    reason: str,
    at: datetime | None,
    *,
    snoozes: bool,
    seen: int | None,
) -> list[int]:
    reason = clean(reason).strip()
    if len(reason) > LONGEST_REASON:
        raise LongReason(f"A reason has at most {LONGEST_REASON} signs.")
    now = at or database_now()
    if until is not None and not now < until <= now + LONGEST:
        raise NotAhead("It would end before it begins, or in more than a year.")
    said = {"ids": list(ids), "until": until, "reason": reason, "agent": by.agent_id, "at": at}
    how = {"snoozes": snoozes, "seen": seen}
    with transaction.atomic(), run(KEEP, {**said, **how, **by.params(), **scope.params()}) as cursor:
        (kept,) = cursor.fetchone() or ([],)
        ring([scope.workspace_id], kept)
    return list(kept)


def release(ids: Sequence[int], *, scope: Scope, by: Actor, clock: Clock, at: datetime | None = None) -> list[int]:
    """Keep these open no more; answers those that were kept in sight. Where a clock would run it starts anew now.

    What is snoozed is left so: whoever lets one close that somebody has snoozed meanwhile does not know of that.
    `clock` says what covers each account, so that conversations never hear of rules.
    """
    return _end(ids, scope, by, clock, at, snoozed=False)


def wake(ids: Sequence[int], *, scope: Scope, by: Actor, clock: Clock, at: datetime | None = None) -> list[int]:
    """Bring these back; answers those that were snoozed. What is kept open in sight is left so. Else as `release`."""
    return _end(ids, scope, by, clock, at, snoozed=True)


def _end(
    ids: Sequence[int], scope: Scope, by: Actor, clock: Clock, at: datetime | None, *, snoozed: bool
) -> list[int]:
    found = scope.filter(Conversation.objects.filter(pk__in=ids, kept_at__isnull=False))
    accounts = sorted(set(found.values_list("account_id", flat=True)))
    if not accounts:
        return []
    with transaction.atomic():
        return _release(RELEASE_WITHIN, ids, accounts, clock, by, at=at, due=None, snoozed=snoozed, scope=scope)


def release_due(clock: Clock, *, at: datetime | None = None) -> int:
    """Release what was to be kept open until now, an account's at a time; answers how many there were."""
    due = at or database_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, id from conversation where kept_until <= %s order by kept_until limit %s",
            [due, BATCH],
        )
        waiting = cursor.fetchall()
    of_account: dict[int, list[int]] = defaultdict(list)
    for account_id, conversation_id in waiting:
        of_account[account_id].append(conversation_id)
    return sum(_release_account(account_id, ids, clock, at, due) for account_id, ids in sorted(of_account.items()))


def _release_account(
    account_id: int, ids: Sequence[int], clock: Clock, at: datetime | None, due: datetime
) -> int:  # fmt: skip
    """One whose conversations cannot be released holds up no other: it is logged, and tried again later."""
    try:
        with transaction.atomic():
            ended = _release(RELEASE_DUE, ids, [account_id], clock, SYSTEM, at=at, due=due, snoozed=None, scope=None)
            return len(ended)
    except DatabaseError as error:
        if is_outage(error):
            raise
        log.exception("What is kept open on account %s could not be released", account_id)
        return 0


def _release(
    text: str,
    ids: Sequence[int],
    accounts: Sequence[int],
    clock: Clock,
    by: Actor,
    *,
    at: datetime | None,
    due: datetime | None,
    snoozed: bool | None,
    scope: Scope | None,
) -> list[int]:
    gate.enter(accounts)
    said = {"ids": list(ids), "accounts": list(accounts), "covers": as_covers(clock(accounts)), "due": due, "at": at}
    who = {"snoozed": snoozed, **by.params(), **(scope.params() if scope else {})}
    with run(text, {**said, **who}) as cursor:
        released, workspaces = cursor.fetchone() or ([], [])
    ring(workspaces, released)
    return list(released)
