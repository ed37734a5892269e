"""After an outage of our own closings wait a little, and then go on: nothing starts anew."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from bandeja.closing import grace, sweep
from bandeja.closing.models import Sweeping
from bandeja.closing.tests.deeds import closes_at, swept
from bandeja.closing.why import explain
from bandeja.conversations.models import Closure
from bandeja.inbox import explained
from tests.cast import Cast
from tests.clock import Clock
from tests.waiting import beside

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MICRO = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def step_closes() -> int:
    return sweep.step().closed


def test_after_an_outage_closings_wait_and_then_close_with_their_true_deadlines(cast: Cast, clock: Clock) -> None:
    """closing H5, C7: it only delays."""
    cast.rule(amount=30)
    assert step_closes() == 0
    cast.write("lia")
    back = clock.advance(minutes=45)
    waiting = sweep.step()
    assert (waiting.closed, waiting.next_in) == (0, 300)
    clock.set(back + 5 * MINUTE - MICRO)
    assert step_closes() == 0
    clock.set(back + 5 * MINUTE)
    assert step_closes() == 1
    closure = Closure.objects.get()
    assert (closure.armed_at, closure.deadline, closure.closed_at) == (NOON, NOON + 30 * MINUTE, back + 5 * MINUTE)


def test_a_short_stop_delays_nothing(cast: Cast, clock: Clock) -> None:
    """closing C7, H5: an upgrade is no outage."""
    cast.rule(amount=1)
    assert step_closes() == 0
    cast.write("lia")
    clock.advance(minutes=5)
    assert step_closes() == 1


def test_a_sweep_that_runs_is_no_outage_however_idle(cast: Cast, clock: Clock) -> None:
    """closing H5: it writes down that it runs though nothing has a clock."""
    cast.rule(amount=1)
    for _ in range(10):
        assert step_closes() == 0
        clock.advance(minutes=4)
    cast.write("lia")
    assert step_closes() == 0
    clock.advance(minutes=4)
    assert step_closes() == 1


def test_it_is_written_down_only_every_few_seconds(cast: Cast, clock: Clock) -> None:
    sweep.step()
    clock.advance(seconds=14)
    sweep.step()
    assert Sweeping.objects.get().ran_at == NOON
    clock.advance(seconds=1)
    sweep.step()
    assert Sweeping.objects.get().ran_at == NOON + timedelta(seconds=15)


def test_the_first_sweep_ever_waits_for_nothing(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    cast.write("lia")
    clock.advance(hours=3)
    assert step_closes() == 1


def test_grace_is_a_setting(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """closing H5: 0 is none."""
    monkeypatch.setenv("BANDEJA_GRACE", "0")
    monkeypatch.setenv("BANDEJA_GRACE_AFTER", "1")
    cast.rule(amount=1)
    sweep.step()
    cast.write("lia")
    clock.advance(hours=2)
    assert step_closes() == 1
    monkeypatch.setenv("BANDEJA_GRACE", "3")
    clock.advance(minutes=2)
    assert sweep.step().next_in == 180


def test_an_outage_within_the_grace_begins_it_anew(cast: Cast, clock: Clock) -> None:
    sweep.step()
    clock.advance(hours=1)
    assert sweep.step().next_in == 300
    clock.advance(minutes=6)
    assert sweep.step().next_in == 300
    found = grace.outage_now()
    assert found is not None
    assert (found.stopped_at, found.resumes_at) == (NOON + 60 * MINUTE, NOON + 71 * MINUTE)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_come_back_together_none_closes(cast: Cast, clock: Clock) -> None:
    """closing H5: whoever was slower knows what the faster one wrote."""
    clock.reset()
    Sweeping.objects.create(pk=1, ran_at=clock.now() - timedelta(hours=1))
    found: list[grace.Outage | None] = []
    with ExitStack() as after, transaction.atomic():
        first = grace.look()
        after.enter_context(beside(lambda: found.append(grace.look())))
    assert first is not None
    assert [each and each.resumes_at for each in found] == [first.resumes_at]


def test_the_coverage_page_and_the_story_say_so(cast: Cast, clock: Clock, client: Client) -> None:
    """closing H5"""
    cast.rule(amount=30)
    sweep.step()
    lia = cast.write("lia")
    clock.advance(minutes=45)
    sweep.step()
    assert closes_at(lia) == NOON + 30 * MINUTE
    why = explain(lia)
    assert why.outage
    assert explained.tell(why).steps[-1].at == NOON + 50 * MINUTE
    client.force_login(cast.ana)
    for path in ("/settings/closing", "/settings/closing/coverage"):
        assert b"12:50:00" in client.get(path).content
    clock.advance(minutes=10)
    assert explain(lia).outage is None
    assert swept() == [lia.pk]
