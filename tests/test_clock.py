"""The clock that tests set is the one the database reads."""

from datetime import UTC, datetime

import pytest

from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_set_clock_stands_still(clock: Clock) -> None:
    clock.set(NOON)
    assert clock.now() == clock.now() == NOON


def test_an_advanced_clock_moves_on_from_where_it_was(clock: Clock) -> None:
    clock.set(NOON)
    assert clock.advance(minutes=1, seconds=30) == datetime(2030, 1, 1, 12, 1, 30, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_the_clock_runs_again_for_the_next_test(clock: Clock, turn: int) -> None:
    assert clock.now() < NOON
    clock.set(NOON)
