"""Tells the drain that receipts are waiting."""

import asyncio
from contextlib import suppress

import psycopg

from bandeja.link import Link

RING = "select pg_notify('bandeja_door', '')"


class Ring:
    """Rings at once, then at most once per `pause` seconds however often it is asked to.

    NOTIFY takes a lock over the whole database as it commits, so it has no place in a transaction that stores.
    """

    def __init__(self, link: Link, *, pause: float = 0.05) -> None:
        self._link, self._pause = link, pause
        self._wanted = asyncio.Event()
        self._ringing: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        self._wanted.set()

    def open(self) -> None:
        self._ringing = asyncio.create_task(self._ring_when_wanted())

    async def close(self) -> None:
        """Ring for the last time if it was asked to, then stop."""
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.wait([self._ringing])
        if self._wanted.is_set():
            await self._ring()

    async def _ring_when_wanted(self) -> None:
        while await self._wanted.wait():
            self._wanted.clear()
            await self._ring()
            await asyncio.sleep(self._pause)

    async def _ring(self) -> None:
        # A bell that fails is no loss: the drain looks by itself every second.
        with suppress(psycopg.Error):
            await self._link.run(RING)
