"""The gate of an account: many pass together, one passes alone, and who waits is not overtaken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from bandeja.channels import gate

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT, OTHER = 5, 7
TRY = {True: "select pg_try_advisory_xact_lock(%s, %s)", False: "select pg_try_advisory_xact_lock_shared(%s, %s)"}


@pytest.fixture
def beside() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Somebody else's transaction."""
    about = connection.settings_dict
    where = {"dbname": about["NAME"], "user": about["USER"], "password": about["PASSWORD"], "host": about["HOST"]}
    with psycopg.connect(make_conninfo(**where, port=about["PORT"] or None)) as other:
        yield other


def may_pass(beside: psycopg.Connection[Any], account_id: int, *, alone: bool) -> bool:
    """Whether somebody else could pass this gate at this moment; they leave it at once."""
    (passed,) = beside.execute(TRY[alone], [gate.GATE, account_id]).fetchone() or (False,)
    beside.rollback()
    return bool(passed)


Enter = Callable[[list[int]], None]


@pytest.mark.parametrize(
    ("enter", "together", "alone"), [(gate.enter, True, False), (gate.enter_alone, False, False)]
)
def test_who_may_pass_while_somebody_is_inside(
    beside: psycopg.Connection[Any], enter: Enter, together: bool, alone: bool
) -> None:
    with transaction.atomic():
        enter([ACCOUNT])
        assert may_pass(beside, ACCOUNT, alone=False) is together
        assert may_pass(beside, ACCOUNT, alone=True) is alone
        assert may_pass(beside, OTHER, alone=True)
    assert may_pass(beside, ACCOUNT, alone=True)


def test_many_gates_are_passed_at_once_and_none_twice(beside: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        gate.enter_alone([OTHER, ACCOUNT, OTHER])
        assert not may_pass(beside, ACCOUNT, alone=False)
        assert not may_pass(beside, OTHER, alone=False)
    with transaction.atomic():
        gate.enter_alone([])


def test_a_rollback_leaves_the_gate(beside: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        gate.enter_alone([ACCOUNT])
        transaction.set_rollback(True)
    assert may_pass(beside, ACCOUNT, alone=True)


@contextmanager
def somebody_waits(beside: psycopg.Connection[Any], account_ids: list[int]) -> Iterator[None]:
    """Somebody who wants to pass these alone, and cannot before the block is left."""

    def run() -> None:
        with transaction.atomic():
            gate.enter_alone(account_ids)
        connection.close()

    thread = Thread(target=run)
    thread.start()
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and classid = %s and not granted"
    until = time.monotonic() + 10
    while beside.execute(waiting, [gate.GATE]).fetchone() == (0,):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)
    beside.rollback()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("rollback")
        thread.join(10)
        assert not thread.is_alive()


def test_who_waits_to_pass_alone_is_not_overtaken(beside: psycopg.Connection[Any]) -> None:
    """A rule's save must not wait for as long as messages come."""
    with connection.cursor() as cursor:
        cursor.execute("begin")
    gate.enter([ACCOUNT])
    with somebody_waits(beside, [ACCOUNT]):
        assert not may_pass(beside, ACCOUNT, alone=False)
    assert may_pass(beside, ACCOUNT, alone=False)


def test_gates_are_passed_in_order_whatever_order_they_are_given_in(beside: psycopg.Connection[Any]) -> None:
    """Whoever waits at the first has not taken the second: two never wait for each other in a circle."""
    with connection.cursor() as cursor:
        cursor.execute("begin")
    gate.enter_alone([ACCOUNT])
    with somebody_waits(beside, [OTHER, ACCOUNT]):
        assert may_pass(beside, OTHER, alone=True)
