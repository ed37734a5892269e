"""The listener hears bells by name, and again after its connection was lost."""

import os
import threading
from collections.abc import Iterator

import psycopg
import pytest

from bandeja.listener import listen


class Wakes:
    """Counts what was heard, by bell."""

    def __init__(self) -> None:
        self.door = threading.Semaphore(0)
        self.bell = threading.Semaphore(0)


@pytest.fixture
def database() -> Iterator[psycopg.Connection]:
    """A connection beside the listener's."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def wakes() -> Iterator[Wakes]:
    """A running listener, already woken once: it does so whenever it (re)connects."""
    wakes, stop = Wakes(), threading.Event()
    heard = {"bandeja_door": [wakes.door.release], "bandeja": [wakes.bell.release]}
    thread = threading.Thread(target=listen, args=[os.environ["DATABASE_URL"], heard, stop])
    thread.start()
    assert wakes.door.acquire(timeout=5)
    assert wakes.bell.acquire(timeout=5)
    yield wakes
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_bell_wakes_those_who_wait_for_it_and_nobody_else(wakes: Wakes, database: psycopg.Connection) -> None:
    database.execute("NOTIFY bandeja_door")
    assert wakes.door.acquire(timeout=5)
    assert not wakes.bell.acquire(timeout=0.1)


def test_after_a_lost_connection_everyone_is_woken_and_bells_are_heard_again(
    wakes: Wakes, database: psycopg.Connection
) -> None:
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bandeja listener'"
    )
    assert wakes.door.acquire(timeout=10)
    assert wakes.bell.acquire(timeout=10)
    database.execute("NOTIFY bandeja, '{}'")
    assert wakes.bell.acquire(timeout=5)
