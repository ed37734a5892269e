"""The lane of flows: advances them, while threads that never touch the database call addresses outside."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from bandeja.flows import advance
from bandeja.flows.advance import Advanced, Called
from bandeja.flows.models import Outcome
from bandeja.flows.registry import Done

log = logging.getLogger(__name__)

THREADS = 8
"""Calls under way at once in a process: an address that answers nobody holds up no other flow."""


def _outcome(future: Future[Done]) -> Done:
    error = future.exception()
    if error is not None:
        log.error("a call of a flow failed", exc_info=error)
    return future.result() if error is None else Done(Outcome.FAILED, "call")


class Lane:
    """The step that the worker's loop repeats; `wake` is called when a call is over."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="flow-call")
        self._under_way: dict[Future[Done], Called] = {}

    @property
    def is_full(self) -> bool:
        return len(self._under_way) >= THREADS

    def begin(self, called: Called) -> None:
        future = self._pool.submit(called.step.carry_out, called.prepared)
        self._under_way[future] = called
        future.add_done_callback(lambda _: self.wake())

    def step(self) -> Advanced:
        """Write down the calls that are over, and let runs that are due take a step each."""
        over = [future for future in self._under_way if future.done()]
        for future in over:
            advance.finish(self._under_way.pop(future), _outcome(future))
        advanced = advance.step(caller=self)
        return Advanced(advanced.count + len(over), None if over else advanced.next_in)

    def close(self) -> None:
        """Wait for nobody: what is cut off is told as interrupted."""
        self._pool.shutdown(wait=False, cancel_futures=True)
