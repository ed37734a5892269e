"""Counts what the door of Meta's apps saw, and writes it down at most once a second."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

import psycopg

from bandeja.link import Link

log = logging.getLogger(__name__)

WRITE = """
    update meta_app
    set refused = meta_app.refused + told.refused,
        refused_at = case when told.refused > 0 then bandeja_now() else refused_at end,
        verified_at = case when told.verified > 0 then bandeja_now() else verified_at end
    from unnest(%(ids)s::bigint[], %(refused)s::bigint[], %(verified)s::bigint[]) as told (id, refused, verified)
    where meta_app.id = told.id
"""


class Tally:
    """Whoever knocks without a signature costs a number in memory, not a write."""

    def __init__(self, link: Link, *, pause: float = 1.0) -> None:
        self._link, self._pause = link, pause
        self._refused: Counter[int] = Counter()
        self._verified: Counter[int] = Counter()
        self._wanted = asyncio.Event()
        self._ending = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def refused(self, app_id: int) -> None:
        self._refused[app_id] += 1
        self._wanted.set()

    def verified(self, app_id: int) -> None:
        self._verified[app_id] += 1
        self._wanted.set()

    def open(self) -> None:
        self._writing = asyncio.create_task(self._write_when_wanted())

    async def close(self) -> None:
        """Write what is left, then stop. A write under way is waited for: cut off, its counts would be lost."""
        self._ending.set()
        self._wanted.set()
        if self._writing is not None:
            await self._writing
        await self._write()

    async def _write_when_wanted(self) -> None:
        while not self._ending.is_set():
            await self._wanted.wait()
            self._wanted.clear()
            await self._write()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._pause)

    async def _write(self) -> None:
        ids = sorted({*self._refused, *self._verified})
        if not ids:
            return
        told = {
            "ids": ids,
            "refused": [self._refused.pop(app_id, 0) for app_id in ids],
            "verified": [self._verified.pop(app_id, 0) for app_id in ids],
        }
        try:
            await self._link.run(WRITE, told)
        except psycopg.Error as error:  # a count that is lost with its database is no loss
            log.warning("counts of Meta's apps not written", extra={"error": str(error)})
