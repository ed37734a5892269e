"""Listens to what transactions say as they commit: one connection per process, for all its streams."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from bandeja.link import Connect, Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ring:
    """Something changed in these workspaces: these conversations, or too many to name (None).

    `gone` are conversations that are no more: merged into another of their contact's, or erased.
    """

    workspace_ids: Sequence[int]
    conversation_ids: Sequence[int] | None
    gone: Sequence[int] = ()

    @classmethod
    def read(cls, payload: str) -> "Ring":
        """Understand a NOTIFY's payload `{"w": [ids], "c": [ids] | "many", "gone": [ids]}`; raises ValueError."""
        try:
            said = json.loads(payload)
            named = said["c"]
            gone = [int(each) for each in said.get("gone", ())]
            return cls([int(w) for w in said["w"]], None if named == "many" else [int(c) for c in named], gone)
        except (KeyError, TypeError) as error:
            raise ValueError(payload) from error


class Bell:
    """Hands each NOTIFY's payload to who hears its channel; `returned` is called whenever it begins to listen.

    Before that it was deaf. Who hears raises ValueError for what it does not understand.
    """

    def __init__(
        self,
        connect: Connect,
        heard: Mapping[str, Callable[[str], None]],
        returned: Callable[[], None],
        *,
        pause: float = 0.5,
        doubt: float = 30.0,
    ) -> None:
        self._connect, self._heard, self._returned = connect, heard, returned
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
        self._returned()
        while True:
            async for notify in connection.notifies(timeout=self._doubt):
                self._hear(notify.channel, notify.payload)
            # A connection that died without a word looks just like a quiet one.
            await connection.execute("select 1")

    def _hear(self, channel: str, payload: str) -> None:
        try:
            self._heard[channel](payload)
        except ValueError:
            log.warning("bell not understood", extra={"channel": channel, "payload": payload})
