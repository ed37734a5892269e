"""Gathers what arrives while a commit is under way into the next one.

PostgreSQL commits a batch of 30 receipts about as fast as one, so under load a batch is whatever came in
during the previous commit, and an idle door stores at once: no request waits for company. A second commit
starts beside the first only when a whole batch is waiting: two half batches cost more than one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from bandeja.intake.store import Row

log = logging.getLogger(__name__)

StoreRows = Callable[[Sequence[Row]], Awaitable[list[bool]]]


class FullError(Exception):
    """More is waiting to be stored than may wait, or the door is closed."""


class Waiting(NamedTuple):
    """A row, and the promise to say whether it is durable."""

    row: Row
    kept: asyncio.Future[bool]


class Gather:
    """Feeds each of `stores` batches of at most `batch` rows; at most `bound_bytes` and `bound` rows wait.

    `stored` is called after each commit that kept something, outside its transaction.
    """

    def __init__(
        self,
        stores: Sequence[StoreRows],
        stored: Callable[[], None],
        *,
        batch: int = 500,
        batch_bytes: int = 8_000_000,
        bound: int = 5_000,
        bound_bytes: int = 64_000_000,
    ) -> None:
        self._stores, self._stored = stores, stored
        self._batch, self._batch_bytes = batch, batch_bytes
        self._bound, self._bound_bytes = bound, bound_bytes
        self._waiting: list[Waiting] = []
        self._bytes = 0
        self._idle: list[asyncio.Future[None]] = []
        self._busy = 0
        self._lanes: list[asyncio.Task[None]] = []
        self._closing = False

    def open(self) -> None:
        self._busy = len(self._stores)
        self._lanes = [asyncio.create_task(self._lane(store)) for store in self._stores]

    async def close(self) -> None:
        """Store what is still waiting, then stop."""
        self._closing = True
        while self._idle:
            self._wake()
        await asyncio.gather(*self._lanes)

    def put(self, row: Row) -> asyncio.Future[bool]:
        """A future that says, after the commit, whether this row is durable; raises FullError."""
        if self._closing or len(self._waiting) >= self._bound or self._bytes >= self._bound_bytes:
            raise FullError
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(row, kept))
        self._bytes += len(row.body)
        if self._idle and self._wants_another():
            self._wake()
        return kept

    def _wants_another(self) -> bool:
        """Whether what waits is worth a commit of its own, beside those under way."""
        if not self._busy:
            return bool(self._waiting)
        return len(self._waiting) >= self._batch or self._bytes >= self._batch_bytes

    def _wake(self) -> None:
        self._idle.pop().set_result(None)

    async def _lane(self, store: StoreRows) -> None:
        while batch := await self._next():
            kept = await self._store(store, [waiting.row for waiting in batch])
            if any(kept):
                self._stored()
            for waiting, is_kept in zip(batch, kept, strict=True):
                # Its sender may have hung up.
                if not waiting.kept.done():
                    waiting.kept.set_result(is_kept)

    async def _next(self) -> list[Waiting]:
        """The next batch, as soon as there is one; empty when all is stored and the door closes."""
        self._busy -= 1
        while not self._wants_another() and not self._closing:
            await self._rest()
        self._busy += 1
        size = self._fitting()
        batch = self._waiting[:size]
        del self._waiting[:size]
        self._bytes -= sum(len(waiting.row.body) for waiting in batch)
        return batch

    async def _rest(self) -> None:
        idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        await idle

    def _fitting(self) -> int:
        """How many of those waiting make the next batch."""
        if self._bytes <= self._batch_bytes:
            return self._batch
        size = held = 0
        for waiting in self._waiting[: self._batch]:
            held += len(waiting.row.body)
            if size and held > self._batch_bytes:
                break
            size += 1
        return size

    async def _store(self, store: StoreRows, rows: Sequence[Row]) -> list[bool]:
        try:
            return await store(rows)
        except Exception as error:  # noqa: BLE001  whatever failed, the senders must hear it and the lane go on
            log.warning("receipts not stored", extra={"rows": len(rows), "error": str(error)})
            return [False] * len(rows)
