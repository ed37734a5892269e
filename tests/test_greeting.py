"""What `bandeja up` waits for, and which of its processes it can do without."""

from __future__ import annotations

import threading

import pytest

from bandeja.cli import family as families
from bandeja.cli import greeting
from bandeja.cli.family import CannotStartError, Child, Family


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Family:
    """Processes that end at once; the web process answers after a while all the same."""
    looks = iter([False] * 5)
    monkeypatch.setattr(families, "command", lambda *_: ["false"])
    monkeypatch.setattr(greeting, "_answers", lambda: next(looks, True))
    return Family(None, {})


def ended(family: Family, child: Child) -> None:
    family.start(child)
    assert child.process
    child.process.wait()


def test_a_stand_in_whose_port_is_taken_stops_nobody(family: Family) -> None:
    """Another checkout with sample data is enough for that."""
    ended(family, Child("graph-standin", is_vital=False))
    greeting._await_answer(family, threading.Event())


def test_a_worker_that_does_not_start_is_told(family: Family) -> None:
    ended(family, Child("worker"))
    with pytest.raises(CannotStartError, match="The worker process would not start"):
        greeting._await_answer(family, threading.Event())
