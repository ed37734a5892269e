"""Listens to what transactions say as they commit: one connection per process, for all its streams."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import psycopg

from bandeja.link import Connect, Connection
from bandeja.realtime.past import Watch

log = logging.getLogger(__name__)

TIME = "select extract(epoch from clock_timestamp())::float8"


@dataclass(frozen=True, slots=True)
class Ring:
    """Something changed in these workspaces: these conversations, or too many to name (None).

    `gone` are conversations that are no more: merged into another of their contact's, or erased. `only_read` is when
    they were read, and nothing else.
    """

    workspace_ids: Sequence[int]
    conversation_ids: Sequence[int] | None
    gone: Sequence[int] = ()
    only_read: bool = False

    @classmethod
    def read(cls, payload: str) -> "Ring":
        """Understand a NOTIFY's payload, as `bandeja.conversations.bell` tells of it; raises ValueError."""
        try:
            said = json.loads(payload)
            named = said["c"]
            gone = [int(each) for each in said.get("gone", ())]
            ids = None if named == "many" else [int(c) for c in named]
            return cls([int(w) for w in said["w"]], ids, gone, said.get("read") is True)
        except (KeyError, TypeError) as error:
            raise ValueError(payload) from error


class Bell:
    """Hands each NOTIFY's payload to who hears its channel; `returned` is called whenever it begins to listen.

    Before that it was deaf. Who hears raises ValueError for what it does not understand. It keeps `watch` right.
    """

    def __init__(
        self,
        connect: Connect,
        heard: Mapping[str, Callable[[str], None]],
        returned: Callable[[], None],
        watch: Watch,
        *,
        pause: float = 0.5,
        doubt: float = 30.0,
    ) -> None:
        self._connect, self._heard, self._returned, self._watch = connect, heard, returned, watch
        self._pause, self._doubt = pause, doubt

    async def listen(self) -> None:
        """Listen for ever, through every loss of the connection."""
        while True:
            try:
                async with await self._connect() as connection:
                    await self._listen(connection)
            except psycopg.Error as error:
                log.warning("bell lost its connection", extra={"error": str(error)})
            await asyncio.sleep(self._pause)

    async def _listen(self, connection: Connection) -> None:
        for channel in self._heard:
            await connection.execute(f"listen {channel}".encode())
        await self._set(connection)
        self._returned()
        while True:
            async for notify in connection.notifies(timeout=self._doubt):
                self._hear(notify.channel, notify.payload)
            # A connection that died without a word looks just like a quiet one.
            await self._set(connection)

    async def _set(self, connection: Connection) -> None:
        asked_at = monotonic()
        row = await (await connection.execute(TIME.encode())).fetchone()
        self._watch.set(row[0] if row else 0.0, asked_at)

    def _hear(self, channel: str, payload: str) -> None:
        try:
            self._heard[channel](payload)
        except ValueError:
            log.warning("bell not understood", extra={"channel": channel, "payload": payload})
