"""Draining: stored deliveries become messages, each in the transaction that joins them (closing C8).

What cannot be understood is set aside on its receipt and blocks nobody. A delivery that fails is tried again with
a back-off, alone, so that its neighbours go on; after five failures it is parked whole, where people can see it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from bandeja.channels import lines, registry
from bandeja.channels.contract import Annotation, BadItem, Delivery, Inbound, Parsed, Renaming, Status, Watermark
from bandeja.channels.meta import health, seen
from bandeja.channels.reading import DISCONNECTED, clean
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.annotations import annotate
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.conversations.statuses import settle
from bandeja.conversations.touch import touch, touches
from bandeja.intake import address_book
from bandeja.intake.own import recognise

log = logging.getLogger(__name__)

BATCH = 500
BATCH_BYTES = 1_000_000
"""A batch grows no further: read and parsed a delivery takes many times its bytes, and one may have three million."""
DRAINS = 2
"""How many a worker runs beside each other: one parses while the database joins what another brought."""
TRIES = 5
BACK_OFF = "100 milliseconds"
"""After the first failure; four times as long after each further one."""

# Told in the reader's language where parked deliveries are shown.
NO_ACCOUNT = gettext_noop("There is no such account.")

TURN = threading.Lock()
"""Held from claiming deliveries until their conversations are locked: so the drains of one process join what was said
in a conversation in the order it came."""

AT_LEISURE = "set local synchronous_commit = off"
"""What was joined may reach the disk a moment after its commit. A machine that dies meanwhile loses the end of what
was committed, the settling of the deliveries with it, and these are drained again: they themselves were durable."""
CLAIM = statement("bandeja.intake", "claim")
WAITS = statement("bandeja.intake", "waits")
SETTLE = statement("bandeja.intake", "settle")
PUT_OFF = statement("bandeja.intake", "put_off")
OURS_PARKED = """id = any(%s::bigint[]) and parked_at is not null
    and (account_id in (select id from account where workspace_id = %s)
         or app_id in (select id from meta_app where workspace_id = %s))"""


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    channel: str
    app_id: int
    delivery: Delivery


def step(limit: int = BATCH) -> int:
    """Join the oldest waiting deliveries, at most `limit`; answers how many were settled or put off."""
    try:
        return _drain(limit) if _any_waits() else 0
    except Exception as error:
        if is_outage(error):
            raise
        # Which of them it was shows when each is tried alone.
        log.exception("A batch of deliveries failed; each is tried alone")
        return sum(_drain_alone(receipt_id) for receipt_id in _waiting(limit))


def _any_waits() -> bool:
    """One look without a transaction: what an idle drain costs."""
    with run(WAITS, {}) as cursor:
        return cursor.fetchone() is not None


def replay(receipt_ids: Sequence[int], workspace_id: int) -> int:
    """Let parked deliveries of a workspace be drained again, from the start; answers how many.

    What was joined of them before is a duplicate now, and changes nothing (closing C5).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""update receipt
                set parked_at = null, processed_at = null, bad_items = null, failures = 0, look_at = null, error = ''
                where {OURS_PARKED}""",  # noqa: S608  # our own text
            [list(receipt_ids), workspace_id, workspace_id],
        )
        return int(cursor.rowcount)


def discard(receipt_ids: Sequence[int], workspace_id: int) -> int:
    """Delete parked deliveries of a workspace, with whatever of them was not taken in; answers how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"delete from receipt where {OURS_PARKED}",  # noqa: S608  # our own text
            [list(receipt_ids), workspace_id, workspace_id],
        )
        return int(cursor.rowcount)


def _drain(limit: int, only: int | None = None) -> int:
    with transaction.atomic(), ExitStack() as turn:
        turn.enter_context(TURN)
        with run(AT_LEISURE, {}):
            pass
        claimed, is_cut = _claim(limit, only)
        if not claimed:
            return 0
        read = _read(claimed)
        # What is held and not taken comes before what another drain would find: its turn comes when this has ended.
        join(list(read.values()), _not_yet if is_cut else turn.close)
        _note(claimed, read)
        _settle(read)
    return len(claimed)


def _claim(limit: int, only: int | None) -> tuple[list[_Claimed], bool]:
    """What is taken, and whether more is held than that."""
    with run(CLAIM, {"limit": limit, "bytes": BATCH_BYTES, "only": [only] if only else None}) as cursor:
        rows = cursor.fetchall()
    claimed = [
        _Claimed(pk, channel, app_id or 0, Delivery(account_id or 0, bytes(body), json.loads(headers), received_at))
        for pk, account_id, app_id, channel, body, headers, received_at, _ in rows
    ]
    return claimed, any(row[-1] for row in rows)


def _not_yet() -> None:
    """The turn ends with the transaction."""


def _read(claimed: Sequence[_Claimed]) -> dict[int, Parsed]:
    """What each delivery says, for those who were connected when it was received."""
    account_ids = {each.delivery.account_id for each in claimed} - {0}
    connected = lines.load(account_ids, {each.app_id for each in claimed} - {0})
    return {each.id: _parse(each, connected) for each in claimed}


def _parse(claimed: _Claimed, connected: lines.Lines) -> Parsed:
    delivery = claimed.delivery
    reader = registry.reader(claimed.channel)
    if claimed.app_id:
        lines_then = connected.of_app(claimed.app_id, delivery.received_at)
        parsed = reader.parse(replace(delivery, lines=lines_then))
        # Whoever has an app's secret can sign anything: it may only speak of what is its own.
        return replace(parsed, notices=[replace(notice, app_id=claimed.app_id) for notice in parsed.notices])
    parsed = reader.parse(delivery)
    was_connected = connected.was_connected(delivery.account_id, delivery.received_at)
    if was_connected:
        return parsed
    reason = NO_ACCOUNT if was_connected is None else DISCONNECTED
    return Parsed(bad=[*parsed.bad, *(BadItem(inbound.external_id, reason) for inbound in parsed.inbound)])


def join(read: Sequence[Parsed], locked: Callable[[], None]) -> None:
    """All that was understood, in the one order of locks: annotations, identities, conversations, messages, accounts'
    health. Annotations come before the messages they change, which are shown in the list as they are now.
    """
    annotations = [each for parsed in read for each in parsed.annotations]
    renamings = [each for parsed in read for each in parsed.renamings]
    inbound, ours = recognise([each for parsed in read for each in parsed.inbound])
    statuses = [*ours, *(each for parsed in read for each in parsed.statuses)]
    touched = touches(inbound, annotations, statuses, renamings)
    also = [each.id for each in touched]
    annotate(annotations)
    received = lifecycle.receive(inbound, clock=coverage.clock, also=also, renamings=renamings, locked=locked)
    touch(touched)
    _move({*also, *received.conversations}, renamings)
    settle(statuses, [each for parsed in read for each in parsed.watermarks])
    notices = [each for parsed in read for each in parsed.notices]
    health.heed(notices)
    address_book.heed(notices)


def _move(locked: Collection[int], renamings: Sequence[Renaming]) -> None:
    """Answer from here on where the channel says, those too who first wrote in this batch: they were not to be found
    before. What another batch has made meanwhile is not ours to lock any more.
    """
    touch([each for each in touches(renamings=renamings) if each.id in locked])


def _note(claimed: Sequence[_Claimed], read: Mapping[int, Parsed]) -> None:
    accounts: dict[int, datetime] = {}
    apps: dict[int, datetime] = {}
    for each in sorted(claimed, key=lambda each: each.delivery.received_at):
        if each.app_id:
            apps[each.app_id] = each.delivery.received_at
            accounts |= dict.fromkeys((item.account_id for item in _items(read[each.id])), each.delivery.received_at)
    seen.note(accounts, apps)


def _items(parsed: Parsed) -> Iterator[Inbound | Status | Watermark | Annotation]:
    yield from parsed.inbound
    yield from parsed.statuses
    yield from parsed.watermarks
    yield from parsed.annotations


def _settle(read: Mapping[int, Parsed]) -> None:
    bad = [
        json.dumps([{"item": item.item, "reason": item.reason} for item in parsed.bad], default=str)
        if parsed.bad
        else None
        for parsed in read.values()
    ]
    with run(SETTLE, {"ids": list(read), "bad": bad}):
        pass


def _waiting(limit: int) -> list[int]:
    with transaction.atomic():
        return [each.id for each in _claim(limit, None)[0]]


def _drain_alone(receipt_id: int) -> int:
    try:
        return _drain(1, only=receipt_id)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("Delivery %s could not be joined", receipt_id)
        return _put_off(receipt_id, error)


def _put_off(receipt_id: int, error: Exception) -> int:
    told = clean(f"{type(error).__name__}: {error}")[:2_000]
    with run(PUT_OFF, {"id": receipt_id, "error": told, "tries": TRIES, "wait": BACK_OFF}) as cursor:
        return cursor.rowcount
