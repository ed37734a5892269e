"""One LISTEN connection for a process: wakes whoever waits for a bell, by the bell's name."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import psycopg
from psycopg import sql

log = logging.getLogger(__name__)

Wakes = Mapping[str, Sequence[Callable[[], None]]]

PATIENCE = 2.0  # seconds between looks at whether to stop, and between tries to connect


def listen(address: str, wakes: Wakes, stop: threading.Event) -> None:
    """Until `stop`: each bell heard calls its wakes; a lost connection is made again.

    Bells rung while there was no connection are gone, so every wake is called once it is back.
    """
    while not stop.is_set():
        try:
            with psycopg.connect(address, autocommit=True, application_name="bandeja listener") as connection:
                _hear(connection, wakes, stop)
        except psycopg.OperationalError as error:
            log.warning("listener lost its connection", extra={"error": str(error).strip()})
            stop.wait(PATIENCE)


def _hear(connection: psycopg.Connection, wakes: Wakes, stop: threading.Event) -> None:
    for bell in wakes:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(bell)))
    for bell in wakes:
        _wake(wakes[bell])
    while not stop.is_set():
        for notify in connection.notifies(timeout=PATIENCE):
            _wake(wakes[notify.channel])
            if stop.is_set():
                break


def _wake(wakes: Sequence[Callable[[], None]]) -> None:
    for wake in wakes:
        wake()
