"""The open streams: what each is still to be told, and which of them hear about what."""

import asyncio
import math
from collections.abc import Callable, Hashable
from time import time

CHANGED = b"event: changed\ndata: {}\n\n"
RESYNC = b"event: resync\ndata: {}\n\n"
PING = b": ping\n\n"


class Client:
    """One open stream. At most `bound` frames wait for it; beyond that it is told to look at everything again.

    It ends at `until`, in seconds since 1970. `ping` makes what is said when there is nothing to say.
    """

    def __init__(self, *, bound: int = 100) -> None:
        self._bound = bound
        self._frames: list[bytes] = []
        self._news = asyncio.Event()
        self._ended = False
        self.until = math.inf
        self.ping: Callable[[], bytes] = lambda: PING

    def tell(self, frame: bytes) -> None:
        if len(self._frames) < self._bound:
            self._frames.append(frame)
        else:
            self._frames = [RESYNC]
        self._news.set()

    def end(self) -> None:
        """Nothing more will be told."""
        self._ended = True
        self._news.set()

    async def hear(self, patience: float) -> bytes:
        """What waits to be told, or a ping after so many seconds of nothing; empty once it has ended."""
        try:
            async with asyncio.timeout(min(patience, self.until - time())):
                await self._news.wait()
        except TimeoutError:
            return self.ping() if time() < self.until else b""
        self._news.clear()
        frames, self._frames = self._frames, []
        return b"" if self._ended else b"".join(frames)


class Rooms:
    """Which clients hear what is said in which room; an empty room does not exist."""

    def __init__(self) -> None:
        self._members: dict[Hashable, set[Client]] = {}
        self._rooms: dict[Client, set[Hashable]] = {}

    def join(self, room: Hashable, client: Client) -> None:
        self._members.setdefault(room, set()).add(client)
        self._rooms.setdefault(client, set()).add(room)

    def leave(self, client: Client) -> None:
        """Out of every room it was in."""
        for room in self._rooms.pop(client, set()):
            self._members[room].discard(client)
            if not self._members[room]:
                del self._members[room]

    def tell(self, room: Hashable, frame: bytes) -> None:
        for client in self._members.get(room, ()):
            client.tell(frame)

    def members(self, room: Hashable) -> list[Client]:
        return list(self._members.get(room, ()))

    def everyone(self) -> list[Client]:
        return list(self._rooms)
