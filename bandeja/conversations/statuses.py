"""What became of what we sent: statuses and watermarks move a message's state, only ever upwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from bandeja.channels.contract import State, Status, Watermark
from bandeja.conversations.bell import ring
from bandeja.conversations.handle import message_of
from bandeja.conversations.sql import as_json, run, statement

SETTLE = statement("bandeja.conversations", "settle")

RANKS = [
    State.QUEUED,
    State.SENDING,
    State.UNKNOWN,
    State.ACCEPTED,
    State.SENT,
    State.FAILED,
    State.DELIVERED,
    State.READ,
    State.PLAYED,
]
"""Each state beats those before it: a failure told after the message has come is not believed."""
LATEST = 100
"""Messages of a conversation that a watermark looks back over."""
SKEW = 10
"""Seconds that a channel's clock and ours may differ, and that its answer may take to be written down."""


def settle(statuses: Iterable[Status], watermarks: Iterable[Watermark] = ()) -> list[int]:
    """Move the states of the messages these tell of; answers the conversations that changed.

    What tells of messages we never sent, or of nothing new, does nothing. It locks messages and no conversation, and
    moves no clock (closing C2).
    """
    told = [_told(status) for status in statuses]
    marks = [_mark(watermark) for watermark in watermarks]
    if not told and not marks:
        return []
    with transaction.atomic():
        given = {
            "statuses": as_json(told),
            "marks": as_json(marks),
            "ranks": [*RANKS],
            "latest": LATEST,
            "skew": SKEW,
        }
        with run(SETTLE, given) as cursor:
            changed = dict(cursor.fetchall())
        ring(set(changed.values()), list(changed))
    return sorted(changed)


def _told(status: Status) -> dict[str, Any]:
    return {
        "account_id": status.account_id,
        "external_id": status.external_id,
        "message_id": message_of(status.handle),
        "state": status.state,
        "rank": _rank(status.state),
        "at": status.at,
        "error": status.error,
    }


def _mark(watermark: Watermark) -> dict[str, Any]:
    kind, value = watermark.identity
    return {
        "account_id": watermark.account_id,
        "kind": kind,
        "value": value,
        "state": watermark.state,
        "rank": _rank(watermark.state),
        "until": watermark.until,
    }


def _rank(state: State) -> int:
    """As PostgreSQL's array_position counts, from 1."""
    return RANKS.index(state) + 1
