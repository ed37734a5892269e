"""The loop: repeats while there is work, sleeps when there is none, and survives a failing step."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bandeja.cli import worker
from bandeja.loops import BREATH, Loop, Outcome


@dataclass
class Did:
    """What a step may answer instead of a number."""

    count: int
    next_in: float | None = None


class Steps:
    """A step that answers from a list, then 0 for ever, and remembers when it was called."""

    def __init__(self, *answers: int | Outcome | Exception) -> None:
        self.answers = list(answers)
        self.at: list[float] = []

    def __call__(self) -> int | Outcome:
        self.at.append(time.monotonic())
        answer = self.answers.pop(0) if self.answers else 0
        if isinstance(answer, Exception):
            raise answer
        return answer

    def gaps(self) -> list[float]:
        """Seconds between one call and the next."""
        return [later - earlier for earlier, later in zip(self.at, self.at[1:], strict=False)]


@contextmanager
def running(loop: Loop) -> Iterator[threading.Thread]:
    """The loop in its thread, stopped at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=[stop])
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        loop.wake()
        thread.join(2)
        assert not thread.is_alive()


def until(question: Callable[[], bool], seconds: float = 3) -> None:
    """Waits for a yes."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def test_it_repeats_without_a_pause_while_there_is_something_to_do() -> None:
    step = Steps(*[500] * 50)
    with running(Loop("busy", step, poll=10)):
        until(lambda: len(step.at) == 51)
    assert step.at[50] - step.at[0] < 0.5


def test_it_sleeps_the_poll_when_there_is_nothing_to_do() -> None:
    step = Steps()
    with running(Loop("idle", step, poll=0.15)):
        until(lambda: len(step.at) == 3)
    assert min(step.gaps()) >= 0.14


def test_a_wake_ends_the_sleep() -> None:
    step = Steps()
    loop = Loop("woken", step, poll=10)
    with running(loop):
        until(lambda: len(step.at) == 1)
        loop.wake()
        until(lambda: len(step.at) == 2)


def test_a_wake_during_a_step_is_not_lost() -> None:
    calls: list[int] = []

    def step() -> int:
        calls.append(1)
        if len(calls) == 1:
            loop.wake()
        return 0

    loop = Loop("woken early", step, poll=10)
    with running(loop):
        until(lambda: len(calls) == 2)


def test_it_sleeps_only_until_the_next_is_due() -> None:
    step = Steps(Did(0, next_in=0.1))
    with running(Loop("due", step, poll=10)):
        until(lambda: len(step.at) == 2)
    assert 0.09 <= step.gaps()[0] < 1


def test_what_is_due_far_away_does_not_lengthen_the_poll() -> None:
    step = Steps(Did(0, next_in=3600))
    with running(Loop("far", step, poll=0.1)):
        until(lambda: len(step.at) == 2)


@pytest.mark.parametrize("next_in", [0.0, -5.0])
def test_it_never_spins_even_when_something_is_overdue(next_in: float) -> None:
    step = Steps(*[Did(0, next_in)] * 5)
    with running(Loop("overdue", step, poll=10)):
        until(lambda: len(step.at) == 5)
    assert min(step.gaps()) >= BREATH * 0.95


def test_an_outcome_with_rows_is_repeated_at_once() -> None:
    step = Steps(Did(3, next_in=100), Did(3))
    with running(Loop("rows", step, poll=10)):
        until(lambda: len(step.at) == 3)


def test_a_failing_step_is_logged_and_left_alone_for_longer_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    step = Steps(*[RuntimeError("no")] * 3)
    with caplog.at_level(logging.ERROR), running(Loop("failing", step, poll=10)):
        until(lambda: len(step.at) == 4)
    first, second, third = step.gaps()
    assert first < second < third
    assert [record.message for record in caplog.records] == ["step failed"] * 3


def test_a_wake_does_not_hurry_a_failing_step() -> None:
    step = Steps(*[RuntimeError("no")] * 2)
    loop = Loop("failing", step, poll=10)
    with running(loop):
        for _ in range(20):
            loop.wake()
            time.sleep(0.005)
        until(lambda: len(step.at) == 2)
    assert step.gaps()[0] >= 0.09


def test_a_step_that_recovers_starts_afresh() -> None:
    step = Steps(RuntimeError("no"), RuntimeError("no"), 1, RuntimeError("no"), 1)
    with running(Loop("recovering", step, poll=10)):
        until(lambda: len(step.at) == 6)
    assert step.gaps()[3] < step.gaps()[1]


def test_it_stops_promptly_however_long_it_would_sleep() -> None:
    step = Steps()
    began = time.monotonic()
    with running(Loop("sleepy", step, poll=60)):
        until(lambda: len(step.at) == 1)
    assert time.monotonic() - began < 1


def test_a_whole_batch_wakes_the_helpers_and_less_does_not() -> None:
    helper = Loop("drain 2", Steps())
    done = iter([499, 500])
    step = worker._helped(lambda: next(done), [helper], 500)
    assert step() == 499
    assert not helper._bell.is_set()
    assert step() == 500
    assert helper._bell.is_set()


def test_what_is_to_be_finished_is_finished_once_when_the_loop_has_ended() -> None:
    ended: list[int] = []
    steps = Steps(ValueError("no"))
    with running(Loop("finishing", steps, poll=0.01, finish=lambda: ended.append(len(steps.at)))):
        until(lambda: len(steps.at) > 3)
        assert ended == []
    assert ended == [len(steps.at)]
