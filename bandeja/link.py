"""One PostgreSQL connection of an event loop, opened when first needed and again after it is lost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Connect = Callable[[], Awaitable[Connection]]

VIGILANCE = {
    "connect_timeout": 3,
    # A server that vanished without a word is noticed in seconds, not after the system's two hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def connect_to(address: str) -> Connect:
    """How to open autocommitting connections to this address."""

    watchful = make_conninfo(address, **VIGILANCE)

    async def connect() -> Connection:
        return await psycopg.AsyncConnection.connect(watchful, autocommit=True)

    return connect


class Link:
    """Runs statements on one connection, one at a time."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def run(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement and answer its rows; raises psycopg.Error.

        On a connection that turns out to be lost it runs once more, on a new one: a restart of PostgreSQL
        costs no sender a retry. A statement may so run twice, so give it only what may happen twice.
        """
        async with self._turn:
            kept = self._connection is not None
            try:
                return await self._run(statement, values)
            except psycopg.OperationalError:
                if not kept or self._connection is not None:
                    raise
                return await self._run(statement, values)

    async def _run(self, statement: str, values: Mapping[str, object] | None) -> list[tuple[Any, ...]]:
        connection = self._connection or await self._connect()
        self._connection = connection
        try:
            # Encoded, because psycopg only takes a literal for text, and these are read from files.
            cursor = await connection.execute(statement.encode(), values, prepare=True)
            return await cursor.fetchall() if cursor.description else []
        finally:
            if connection.closed:
                self._connection = None

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                with suppress(psycopg.Error):
                    await self._connection.close()
            self._connection = None
