"""Two at once at a seam: one holds something, the other comes to wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from django.db import connection

from tests.install import eventually


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Begins it on a connection of its own, and goes on once it waits for a lock; its end is awaited."""
    thread = Thread(target=_alone, args=[work])
    thread.start()
    try:
        assert eventually(somebody_waits)
        yield
    finally:
        thread.join()


def _alone(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


def somebody_waits() -> bool:
    """For a lock, in this database: as it is now, not as it was when this transaction first asked."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            """select count(*) from pg_stat_activity
               where wait_event_type = 'Lock' and datname = current_database()"""
        )
        return bool(cursor.fetchone()[0])
