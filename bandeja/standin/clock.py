"""Time in the stand-in, in somebody's hands: it may run faster, stand still, or leap."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from itertools import count

Act = Callable[[], Awaitable[None]]
FROZEN = 3600.0  # seconds to sleep while time stands still; whatever moves it wakes us


class Clock:
    """The stand-in's time, in unix seconds; `speed` seconds of it pass in one of ours, none when 0."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._at, self._mark = time.time(), time.monotonic()

    def now(self) -> float:
        return self._at + (time.monotonic() - self._mark) * self._speed

    def set(self, at: float) -> None:
        self._at, self._mark = at, time.monotonic()

    def run(self, speed: float) -> None:
        """From here on, at this speed."""
        self.set(self.now())
        self._speed = speed

    def restart(self, speed: float) -> None:
        """The time it is, at this speed."""
        self._speed = speed
        self.set(time.time())

    def wait(self, until: float) -> float:
        """How many of our seconds it is until then."""
        return FROZEN if self._speed == 0 else max(until - self.now(), 0.0) / self._speed


class Agenda:
    """What is to be done at which time; one thing after the other, in the order of their times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._things: list[tuple[float, int, Act]] = []
        self._numbers = count()
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()

    def add(self, due: float, act: Act) -> None:
        heapq.heappush(self._things, (due, next(self._numbers), act))
        self._woken.set()

    def clear(self) -> None:
        self._things.clear()

    def wake(self) -> None:
        """The clock changed: look again."""
        self._woken.set()

    async def run(self) -> None:
        """Do what is due, for ever."""
        while True:
            self._woken.clear()
            await self.settle()
            wait = self._clock.wait(self._things[0][0]) if self._things else FROZEN
            try:
                await asyncio.wait_for(self._woken.wait(), min(wait, FROZEN))
            except TimeoutError:
                continue

    async def settle(self) -> None:
        """Do all that is due by now, and what comes of it."""
        async with self._turn:
            while self._things and self._things[0][0] <= self._clock.now():
                await heapq.heappop(self._things)[2]()

    async def leap(self, to: float) -> None:
        """Move the clock on to `to`, doing on the way what is due, each at its own time."""
        async with self._turn:
            while self._things and self._things[0][0] <= to:
                due, _, act = heapq.heappop(self._things)
                self._clock.set(max(due, self._clock.now()))
                await act()
            self._clock.set(max(to, self._clock.now()))
        self.wake()
