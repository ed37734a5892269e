"""What was said of late: a page made a moment before its stream opened is told what it missed, and no more."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Hashable
from time import monotonic

KEPT = 60.0
"""Seconds; a page opens its stream within one or two, a stream that broke comes back within four."""
MOST = 20_000
"""Frames of all rooms together, some hundred bytes each."""
SLACK = 0.2
"""Seconds. What was said so long before counts as later: clocks are set right, and told twice is only asked twice."""


class Watch:
    """Tells the database's clock without asking, in seconds since 1970: never earlier than it is, never backwards."""

    def __init__(self, beat: Callable[[], float] = monotonic) -> None:
        self._beat = beat
        self._ahead = 0.0
        self._last = 0.0
        self.is_set = False

    def set(self, told: float, asked_at: float) -> None:
        """The database told `told` when it was asked at `asked_at` by the beat; it may have answered at once."""
        self._ahead = told - asked_at
        self.is_set = True

    def read(self) -> float:
        self._last = max(self._last, self._beat() + self._ahead)
        return self._last


class Past:
    """What was said in each room within the last `kept` seconds, `most` frames of all rooms together.

    Instants are the database's, in seconds since 1970.
    """

    def __init__(self, *, kept: float = KEPT, most: int = MOST) -> None:
        self._kept, self._most = kept, most
        self._order: deque[tuple[float, Hashable]] = deque()
        self._rooms: dict[Hashable, deque[tuple[float, bytes]]] = {}
        self._known_since = math.inf

    def begin(self, at: float) -> None:
        """What was said before this instant, nobody heard all of it."""
        self._order.clear()
        self._rooms.clear()
        self._known_since = at

    def keep(self, room: Hashable, frame: bytes, at: float) -> None:
        """This was said just now; the calls come in the order of `at`."""
        self._order.append((at, room))
        self._rooms.setdefault(room, deque()).append((at, frame))
        while self._order[0][0] < at - self._kept or len(self._order) > self._most:
            self._forget()

    def since(self, rooms: Collection[Hashable], at: float, now: float) -> list[bytes] | None:
        """What was said in these rooms since `at`, room by room; None where that is not known any more."""
        earliest = at - SLACK
        if not max(self._known_since, now - self._kept) < earliest <= now:
            return None
        return [frame for room in rooms for said, frame in self._rooms.get(room, ()) if said >= earliest]

    def _forget(self) -> None:
        at, room = self._order.popleft()
        self._known_since = max(self._known_since, at)
        self._rooms[room].popleft()
        if not self._rooms[room]:
            del self._rooms[room]
