"""The loop: repeats a step while it finds something to do, then sleeps; it knows nothing of the step."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

BREATH = 0.02  # seconds; no loop sleeps less than this after a step that found nothing
FIRST_BACK_OFF = 0.05
MOST_DOUBLINGS = 7  # so the longest pause is 6.4 seconds


class Outcome(Protocol):
    """What one step did; it may also carry `next_in`, the seconds until the next row is known to fall due."""

    @property
    def count(self) -> int:
        """How many rows it did."""


Step = Callable[[], int | Outcome]


class Loop:
    """Repeats `step` while it answers more than 0, then sleeps until the next due, a wake, or `poll` seconds.

    `poll` is for a bell that was lost and a clock that was set: what falls due, a step says by itself.
    A step that raises is logged and tried again after a growing pause; it never ends the loop. `finish` is called
    once, when the loop has ended.
    """

    def __init__(self, name: str, step: Step, *, poll: float = 1.0, finish: Callable[[], None] | None = None) -> None:
        self.name = name
        self._step = step
        self._poll = poll
        self._finish = finish
        self._bell = threading.Event()
        self._failures = 0

    def wake(self) -> None:
        """Ends the present sleep, or the next one if the step is under way."""
        self._bell.set()

    def run(self, stop: threading.Event) -> None:
        """Loops until `stop` is set; whoever sets it also wakes the loop."""
        while not stop.is_set():
            # Cleared before the step: a wake that comes while it runs must not be lost.
            self._bell.clear()
            try:
                outcome = self._step()
            except Exception:
                pause = self._back_off()
                log.exception("step failed", extra={"loop": self.name, "failures": self._failures})
                stop.wait(pause)
            else:
                self._failures = 0
                self._rest(outcome, stop)
        if self._finish:
            self._finish()

    def _back_off(self) -> float:
        """How long to leave a failing step alone; wakes do not shorten it, for a bell may ring often."""
        self._failures += 1
        return FIRST_BACK_OFF * 2.0 ** min(self._failures, MOST_DOUBLINGS)

    def _rest(self, outcome: int | Outcome, stop: threading.Event) -> None:
        if outcome if isinstance(outcome, int) else outcome.count:
            return
        due = getattr(outcome, "next_in", None)
        pause = self._poll if due is None else min(due, self._poll)
        stop.wait(BREATH)
        self._bell.wait(max(pause - BREATH, 0.0))
