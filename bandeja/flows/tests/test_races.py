"""Several at once, and workers killed in the middle: each run begins once, and each effect happens once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from bandeja.conversations import events
from bandeja.conversations.models import Conversation, Message
from bandeja.flows import advance, dispatch
from bandeja.flows.models import Run, Taken
from bandeja.flows.tests.conftest import Engine, start, step
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 30
NOTES = [step(f"n{number}", "note", text=f"nota {number}") for number in range(3)]
TEXTS = [f"nota {number}" for number in range(3)]


def work(until: threading.Event) -> None:
    """What a worker's loops do."""
    try:
        while not until.is_set():
            events.publish()
            dispatch.step()
            advance.step()
    finally:
        connection.close()


@pytest.fixture
def workers() -> Iterator[list[threading.Thread]]:
    over = threading.Event()
    threads = [threading.Thread(target=work, args=[over]) for _ in range(3)]
    for thread in threads:
        thread.start()
    yield threads
    over.set()
    for thread in threads:
        thread.join()


def settled(patience: float = 40) -> None:
    until = time.monotonic() + patience
    while Run.objects.filter(ended_at=None).exists() or Run.objects.count() < PEOPLE:
        assert time.monotonic() < until, "the runs do not end"
        time.sleep(0.05)


def notes(conversation: Conversation) -> list[str]:
    said = Message.objects.filter(conversation=conversation, author_kind="flow").order_by("pk")
    return list(said.values_list("text", flat=True))


def test_several_workers_take_each_step_once(cast: Cast, engine: Engine, workers: Any) -> None:
    engine.flow(start(), *NOTES)
    everybody = [cast.write(f"c{number}") for number in range(PEOPLE)]
    settled()
    assert [notes(each) for each in everybody] == [TEXTS] * PEOPLE
    assert Taken.objects.count() == 3 * PEOPLE


def test_writers_and_a_wait_for_them_do_not_lose_each_other(cast: Cast, engine: Engine, workers: Any) -> None:
    """Every contact answers while the run enters its wait: each answer is heard."""
    engine.flow(
        start(opening="first"),
        step("a", "send_text", text="¿Sigues ahí?"),
        step(
            "w", "wait_reply", [step("y", "note", text="sí")], [step("n", "note", text="no")], amount=1, unit="days"
        ),
    )
    everybody = [cast.write(f"c{number}") for number in range(PEOPLE)]
    answered: set[int] = set()
    until = time.monotonic() + 40
    while len(answered) < PEOPLE:
        assert time.monotonic() < until
        for number, each in enumerate(everybody):
            if each.pk not in answered and notes(each):
                cast.write(f"c{number}")
                answered.add(each.pk)
    settled()
    assert [notes(each)[-1] for each in everybody] == ["sí"] * PEOPLE


def test_a_killed_worker_repeats_nothing(cast: Cast, engine: Engine) -> None:
    """kill -9, again and again, of a process in the middle of its transactions."""
    engine.flow(start(), step("a", "send_text", text="Hola"), *NOTES)
    everybody = [cast.write(f"c{number}") for number in range(PEOPLE)]
    for turn in range(12):
        child = _fork()
        time.sleep(0.03 + 0.02 * turn)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    while engine.run():
        pass
    assert [notes(each) for each in everybody] == [["Hola", *TEXTS]] * PEOPLE
    assert Taken.objects.count() == 4 * PEOPLE


def _fork() -> int:
    """A worker of its own, with connections of its own."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        work(threading.Event())
    finally:
        os._exit(1)
