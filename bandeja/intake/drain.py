"""Draining: stored deliveries become messages, each in the transaction that joins them (closing C8).

What cannot be understood is set aside on its receipt and blocks nobody. A delivery that fails is tried again with
a back-off, alone, so that its neighbours go on; after five failures it is parked whole, where people can see it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from bandeja.channels import registry
from bandeja.channels.contract import BadItem, Delivery, Parsed
from bandeja.channels.models import Account
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.sql import is_outage, run, statement

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
DISCONNECTED = gettext_noop("The account was disconnected when this was received.")

TURN = threading.Lock()
"""Held from claiming deliveries until their conversations are locked: so the drains of one process join what was said
in a conversation in the order it came."""

CLAIM = statement("bandeja.intake", "claim")
WAITS = statement("bandeja.intake", "waits")
SETTLE = statement("bandeja.intake", "settle")
PUT_OFF = statement("bandeja.intake", "put_off")


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    channel: str
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
            """update receipt
               set parked_at = null, processed_at = null, bad_items = null, failures = 0, look_at = null, error = ''
               from account
               where account.id = receipt.account_id and account.workspace_id = %s
                 and receipt.id = any(%s::bigint[]) and receipt.parked_at is not null""",
            [workspace_id, list(receipt_ids)],
        )
        return int(cursor.rowcount)


def _drain(limit: int, only: int | None = None) -> int:
    with transaction.atomic(), ExitStack() as turn:
        turn.enter_context(TURN)
        claimed = _claim(limit, only)
        if not claimed:
            return 0
        parsed = {each.id: _parse(each) for each in claimed}
        connected = _connections({each.delivery.account_id for each in claimed})
        read = {each.id: _as_connected(each.delivery, parsed[each.id], connected) for each in claimed}
        inbound = [inbound for each in claimed for inbound in read[each.id].inbound]
        lifecycle.receive(inbound, clock=coverage.clock, locked=turn.close)
        _settle(read)
    return len(claimed)


def _claim(limit: int, only: int | None) -> list[_Claimed]:
    with run(CLAIM, {"limit": limit, "bytes": BATCH_BYTES, "only": [only] if only else None}) as cursor:
        return [
            _Claimed(pk, channel, Delivery(account_id, bytes(body), json.loads(headers), received_at))
            for pk, account_id, channel, body, headers, received_at in cursor.fetchall()
        ]


def _parse(claimed: _Claimed) -> Parsed:
    return registry.get(claimed.channel).parse(claimed.delivery)


def _connections(account_ids: set[int]) -> dict[int, tuple[datetime, datetime | None]]:
    rows = Account.objects.filter(pk__in=account_ids).values_list("pk", "connected_at", "disconnected_at")
    return {pk: (connected_at, disconnected_at) for pk, connected_at, disconnected_at in rows}


def _as_connected(
    delivery: Delivery, parsed: Parsed, connected: Mapping[int, tuple[datetime, datetime | None]]
) -> Parsed:
    """What was received while the account was connected; the rest is set aside."""
    since, until = connected.get(delivery.account_id, (None, None))
    if since is None:
        reason = NO_ACCOUNT
    elif until is not None and delivery.received_at >= until:
        reason = DISCONNECTED
    else:
        return parsed
    bad = [BadItem(inbound.external_id, reason) for inbound in parsed.inbound]
    return Parsed(bad=[*parsed.bad, *bad])


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
        return [each.id for each in _claim(limit, None)]


def _drain_alone(receipt_id: int) -> int:
    try:
        return _drain(1, only=receipt_id)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("Delivery %s could not be joined", receipt_id)
        return _put_off(receipt_id, error)


def _put_off(receipt_id: int, error: Exception) -> int:
    told = f"{type(error).__name__}: {error}"[:2_000]
    with run(PUT_OFF, {"id": receipt_id, "error": told, "tries": TRIES, "wait": BACK_OFF}) as cursor:
        return cursor.rowcount
