"""Dispatching: published events become runs, and wake those that wait for an answer.

One cursor's row is locked for a batch, so that any number of workers start each run once: the runs and the cursor are
written together.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic_ns
from typing import Any

import msgspec
from django.db import transaction

from bandeja.closing.models import SECONDS_PER_UNIT, Unit
from bandeja.conversations.sql import as_json, run, statement
from bandeja.flows import patterns, programs
from bandeja.flows.models import Cursor, State

log = logging.getLogger(__name__)

BATCH = 1_000
PATIENCE = 250_000_000
"""Nanoseconds that a flow's pattern may take of a batch; after them it finds nothing: nobody else waits for it."""

WAITS = statement("bandeja.flows", "waits")
EVENTS = statement("bandeja.flows", "batch")
START = statement("bandeja.flows", "start")
BEGIN = statement("bandeja.flows", "begin")
WAKE = statement("bandeja.flows", "wake")


@dataclass(frozen=True, slots=True)
class Match:
    """An event that starts a flow, as the statement answers it."""

    flow_id: int
    version_id: int
    workspace_id: int
    conversation_id: int
    number: int
    at: datetime
    kind: str
    chain: Sequence[int]
    told: Mapping[str, Any]
    heard_id: int | None
    data: Mapping[str, Any]
    text: str | None


def step(limit: int = BATCH) -> int:
    """Dispatch the next published events, at most `limit`; answers how many. Safe in any number of processes."""
    if not _any_waits():
        return 0
    with transaction.atomic():
        cursor = _cursor()
        if cursor is None:
            return 0
        upto, count = _batch(cursor.number, limit)
        if upto is None:
            return 0
        reach = {"after": cursor.number, "upto": upto}
        if _wake(reach):
            return 0
        _begin(_wanted(_matches(reach)))
        Cursor.objects.update(number=upto)
    return count


def _any_waits() -> bool:
    """One look without a transaction: what an idle loop costs."""
    with run(WAITS, {}) as found:
        return found.fetchone() is not None


def _cursor() -> Cursor | None:
    """The place reached, locked; None while another worker holds it."""
    Cursor.objects.bulk_create([Cursor(pk=1)], ignore_conflicts=True)
    return Cursor.objects.select_for_update(skip_locked=True).first()


def _batch(after: int, limit: int) -> tuple[int | None, int]:
    with run(EVENTS, {"after": after, "limit": limit}) as found:
        upto, count = found.fetchone() or (None, 0)
    return upto, count


def _wake(reach: Mapping[str, int]) -> int:
    """Wake whom these answer; how many somebody holds, as whoever merges does: the batch is read again after them."""
    with run(WAKE, reach) as found:
        (held,) = found.fetchone() or (0,)
    return int(held)


def _matches(reach: Mapping[str, int]) -> list[Match]:
    with run(START, reach) as found:
        return [_match(row) for row in found.fetchall()]


def _match(row: Sequence[Any]) -> Match:
    """Django leaves it to its own fields to read JSON."""
    named = dict(zip(Match.__slots__, row, strict=True))
    return Match(**{**named, "told": msgspec.json.decode(named["told"]), "data": msgspec.json.decode(named["data"])})


def _wanted(matches: Sequence[Match]) -> list[Match]:
    """Without messages that say nothing of what their flow looks for."""
    spent: Counter[int] = Counter()
    wanted = []
    for match in matches:
        if match.kind == "message_received":
            begun = monotonic_ns()
            found = _says(match, spent[match.flow_id] < PATIENCE)
            spent[match.flow_id] += monotonic_ns() - begun
            if not found:
                continue
        wanted.append(match)
    for flow_id in (flow_id for flow_id, taken in spent.items() if taken >= PATIENCE):
        log.warning("the pattern of a flow took too long and found nothing more", extra={"flow_id": flow_id})
    return wanted


def _says(match: Match, patient: bool) -> bool | None:  # noqa: FBT001  as it is found
    """None where a pattern took too long."""
    words, pattern = match.told["words"], match.told["pattern"]
    if not words and not pattern:
        return True
    if words and patterns.contains(match.text or "", words):
        return True
    if not pattern or not patient:
        return False
    return patterns.finds(pattern, match.text or "")


def _begin(matches: Sequence[Match]) -> None:
    if not matches:
        return
    with run(BEGIN, {"items": as_json([_item(match) for match in matches])}):
        pass


def _item(match: Match) -> dict[str, Any]:
    watched = match.kind == "waiting_for_us"
    return {
        "workspace_id": match.workspace_id,
        "flow_id": match.flow_id,
        "version_id": match.version_id,
        "conversation_id": match.conversation_id,
        "state": State.WATCHING.value if watched else State.RUNNING.value,
        "position": programs.of(match.version_id).first,
        "due_at": match.at + patience(match.told) if watched else match.at,
        "heard_id": match.heard_id,
        "chain": list(match.chain),
        "number": match.number,
        "data": match.data,
        "at": match.at,
    }


def patience(told: Mapping[str, Any]) -> timedelta:
    """How long a contact may wait for us before a flow starts."""
    return timedelta(seconds=int(told["amount"]) * SECONDS_PER_UNIT[Unit(told["unit"])])
