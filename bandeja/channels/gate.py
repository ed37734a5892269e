"""The gate of an account: joining and closing pass it together, changing its cover passes it alone.

Receiving and sweeping hold it shared while they read cover and act on it; connecting, disconnecting, saving or
switching off a rule and changing the plan hold it alone, and only then stamp their instant. So no message falls
between "not yet covered" and "covered since", and once an off-switch has committed nothing closes by it.

It is an advisory lock and not a row lock because PostgreSQL queues advisory locks fairly: with `FOR SHARE` on the
account's row, overlapping readers kept a rule's save waiting for as long as they came.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

GATE = 8302
"""The lock space; the key within it is the account's id."""


def enter(account_ids: Iterable[int]) -> None:
    """Pass the gates of these accounts with others, until the transaction ends."""
    _lock("select pg_advisory_xact_lock_shared(%s, gate::int) from unnest(%s::bigint[]) as gate", account_ids)


def enter_alone(account_ids: Iterable[int]) -> None:
    """Pass the gates of these accounts alone, until the transaction ends."""
    _lock("select pg_advisory_xact_lock(%s, gate::int) from unnest(%s::bigint[]) as gate", account_ids)


def _lock(text: str, account_ids: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        # Sorted, so that two passes over the same accounts never wait for each other in a circle.
        cursor.execute(text, [GATE, sorted(set(account_ids))])
