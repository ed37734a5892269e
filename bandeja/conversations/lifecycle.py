"""What can happen to a conversation.

Reply · assign · transfer · close · reopen · keep · release · snooze · wake · include · mark.

The only writers. Each verb is one transaction, set-based and idempotent, and answers what it did. `at` is the instant
it happens, the database's own when None; `by` is who does it; `scope` is what they may reach: what lies outside it is
not touched and not told apart from what does not exist. Whoever calls with `rings` false tells the pages themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from bandeja.channels.reading import clean, is_visible
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring, ring_read
from bandeja.conversations.including import INCLUDABLE, Included, exclude, include
from bandeja.conversations.keeping import (
    LONGEST_REASON,
    LongReason,
    NotAhead,
    keep,
    release,
    release_due,
    snooze,
    wake,
)
from bandeja.conversations.models import Cause
from bandeja.conversations.opening import open_again
from bandeja.conversations.receive import Received, receive
from bandeja.conversations.reply import FileRefused, Replied, Upload, reply, send_again
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import run, statement
from bandeja.conversations.transfer import Holder, To, Transferred, UnknownOwner, assign, hand_over, require, transfer
from bandeja.conversations.window import WindowClosed

__all__ = [
    "INCLUDABLE",
    "LONGEST_REASON",
    "Closed",
    "FileRefused",
    "Holder",
    "Included",
    "LongReason",
    "NotAhead",
    "Received",
    "Replied",
    "Selection",
    "To",
    "Transferred",
    "UnknownOwner",
    "Upload",
    "WindowClosed",
    "assign",
    "close",
    "close_selection",
    "exclude",
    "hand_over",
    "include",
    "keep",
    "mark_read",
    "mark_unread",
    "receive",
    "release",
    "release_due",
    "reopen",
    "reply",
    "require",
    "send_again",
    "snooze",
    "transfer",
    "wake",
]

BATCH = 1_000
"""The most conversations one closing transaction takes (closing D1)."""

CLOSE = statement("bandeja.conversations", "close")
CHOSEN = statement("bandeja.conversations", "chosen").replace("{within}", WITHIN)
UNREAD = statement("bandeja.conversations", "unread").replace("{within}", WITHIN)

NO_RULE: Mapping[str, Any] = {
    "rule_id": None, "rule_name": "", "rule_amount": None, "rule_unit": "", "unheard_amount": None,
    "unheard_unit": "",
}  # fmt: skip


class BlankReason(ValueError):
    """A closing needs a reason (closing D2)."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closing did: the ids it closed, those with a newer message, those closed already, those out of reach.

    `kept` are closed ones that were not transferred as asked: somebody else had given them away meanwhile.
    """

    closed: list[int]
    newer: list[int]
    already: list[int]
    unavailable: list[int]
    kept: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to close: common table expressions, the last named `target` (see close.sql), and what else to answer.

    `sql` and `answer` are text from the named SQL files, never from outside.
    """

    sql: str
    params: Mapping[str, Any]
    answer: str = "null"


def close(
    ids: Sequence[int],
    *,
    scope: Scope,
    reason: str,
    cause: Cause,
    by: Actor,
    at: datetime | None = None,
    seen: int | None = None,
    confirmed_at: datetime | None = None,
    transfer_to: To | int | None = None,
    holder: Holder | None = None,
    rings: bool = True,
) -> Closed:
    """Close chosen conversations, in batches of at most 1,000, each its own transaction (closing D1).

    `seen` is the last message the person had on screen, `confirmed_at` the instant they confirmed: where the
    contact has written since, the conversation is left open and told. `transfer_to` gives what it closed to
    another owner (closing D8), unless somebody has done so since: it is no longer with the `holder` they saw, or
    changed hands after `confirmed_at`. Raises BlankReason and UnknownOwner before anything is closed.
    """
    reason = clean_reason(reason)
    transfer_to = To(transfer_to) if isinstance(transfer_to, int) else transfer_to
    if transfer_to:
        require(transfer_to, scope)
    outcome = Closed([], [], [], [])
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            closed = _close_batch(
                list(ids[start : start + BATCH]), outcome, transfer_to=transfer_to, holder=holder, scope=scope,
                reason=reason, cause=cause, by=by, at=at, seen=seen, confirmed_at=confirmed_at,
            )  # fmt: skip
            ring([scope.workspace_id], closed if rings else [])
    return outcome


def clean_reason(reason: str) -> str:
    """The reason as it can be stored, trimmed. Raises BlankReason when nothing is left to see."""
    reason = clean(reason).strip()
    if not is_visible(reason):
        raise BlankReason("A closing needs a reason.")
    return reason


def _close_batch(
    ids: list[int], outcome: Closed, *, transfer_to: To | None, holder: Holder | None, scope: Scope, reason: str,
    cause: Cause, by: Actor, at: datetime | None, seen: int | None, confirmed_at: datetime | None,
) -> list[int]:  # fmt: skip
    chosen = Selection(
        CHOSEN,
        {"ids": ids, "seen": seen, "confirmed_at": confirmed_at, **scope.params(), **NO_RULE},
        answer="""array(select id from chosen where newer and status = 'open'),
                  array(select id from chosen where status = 'closed')""",
    )
    closed, newer, already = close_selection(chosen, reason=reason, cause=cause, by=by, at=at)
    if transfer_to:
        given = hand_over(closed, transfer_to, scope=scope, by=by, at=at, seen=holder, seen_at=confirmed_at)
        outcome.kept.extend(given.taken)
    outcome.closed.extend(closed)
    outcome.newer.extend(newer)
    outcome.already.extend(already)
    outcome.unavailable.extend(sorted(set(ids) - {*closed, *newer, *already}))
    return list(closed)


def close_selection(
    selection: Selection, *, reason: str, cause: Cause, by: Actor, at: datetime | None
) -> tuple[Any, ...]:
    """Close what `selection` locks and names, inside the caller's transaction: the one statement that closes.

    Answers one row: the ids it closed, then whatever `selection.answer` asks for. The caller rings the bell.
    """
    text = CLOSE.replace("{target}", selection.sql).replace("{answer}", selection.answer)
    params = {"reason": reason, "cause": cause, "at": at, **by.params(), **selection.params}
    with run(text, params) as cursor:
        return cursor.fetchone() or ()


def reopen(
    ids: Sequence[int], *, scope: Scope, by: Actor, at: datetime | None = None, seen: datetime | None = None
) -> list[int]:
    """Open closed conversations again, by an agent; arms nothing (closing E2). Answers those it opened.

    `seen` is when they were closed as far as the person knows: what somebody closed again since stays closed.
    """
    with transaction.atomic():
        reopened = open_again(ids, scope=scope, by=by, at=at, seen=seen)
        ring([scope.workspace_id], reopened)
    return reopened


def mark_read(ids: Sequence[int], *, scope: Scope, rings: bool = True) -> list[int]:
    """Clear the unread counter; answers the ids it changed."""
    return _mark(ids, scope, unread=False, rings=rings)


def mark_unread(ids: Sequence[int], *, scope: Scope, rings: bool = True) -> list[int]:
    """Set the unread counter to one where it is nothing; answers the ids it changed."""
    return _mark(ids, scope, unread=True, rings=rings)


def _mark(ids: Sequence[int], scope: Scope, *, unread: bool, rings: bool) -> list[int]:
    with transaction.atomic():
        marked = _run(UNREAD, ids=list(ids), mark=unread, **scope.params())
        if rings:
            _ring_marked(scope.workspace_id, marked, unread=unread)
    return marked


def _ring_marked(workspace_id: int, marked: list[int], *, unread: bool) -> None:
    if unread:
        ring([workspace_id], marked)
    else:
        ring_read(workspace_id, marked)


def _run(text: str, **params: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        ids: list[int] = cursor.fetchone()[0]
    return ids
