"""How an instant and a stretch of time read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from bandeja.web import times

NOW = datetime(2030, 6, 12, 15, tzinfo=UTC)  # a Wednesday, ten in the morning in Bogotá


@pytest.fixture(autouse=True)
def in_bogota() -> Iterator[None]:
    with timezone.override("America/Bogota"), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("age", "reads"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "09:00"),
        (timedelta(hours=10), "00:00"),
        (timedelta(hours=10, minutes=1), "yesterday"),
        (timedelta(days=2), "Mon"),
        (timedelta(days=7), "5 Jun"),
        (timedelta(days=400), "05/08/2029"),
    ],
)
def test_an_instant_is_said_as_short_as_it_can_be(age: timedelta, reads: str) -> None:
    assert times.short(NOW - age, NOW) == reads


@pytest.mark.parametrize(
    ("left", "reads", "coarse"),
    [
        (timedelta(seconds=-3), "0:00", "0 s"),
        (timedelta(seconds=59, milliseconds=999), "0:59", "59 s"),
        (timedelta(minutes=9, seconds=5), "9:05", "9 min"),
        (timedelta(hours=2), "2 h", "2 h"),
        (timedelta(hours=2, minutes=10), "2 h 10 min", "2 h"),
        (timedelta(days=3, hours=4), "3 d 4 h", "3 d"),
        (timedelta(days=365), "365 d", "365 d"),
    ],
)
def test_what_is_left_is_said_in_its_largest_units(left: timedelta, reads: str, coarse: str) -> None:
    assert (times.remaining(left), times.coarse(left)) == (reads, coarse)


@pytest.mark.parametrize(
    ("minutes", "reads"),
    [(1, "1 minute"), (90, "90 minutes"), (120, "2 hours"), (1_440, "1 day"), (10_080, "7 days")],
)
def test_a_stretch_is_said_in_the_unit_that_fits(minutes: int, reads: str) -> None:
    assert times.stretch(timedelta(minutes=minutes)) == reads


def test_a_day_is_named_from_today() -> None:
    days = [times.day_name(NOW - timedelta(days=back), NOW) for back in (0, 1, 2)]
    assert days == ["Today", "Yesterday", "June 10, 2030"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2030-06-12T15:00:00+00:00", NOW),
        ("2030-06-12T10:00:00-05:00", NOW),
        ("2030-06-13T07:19:10+16:19:10", NOW),
        ("2030-06-12T15:00:00", None),
        ("2030-06-12", None),
        ("0001-01-01T00:00:00+16:00", None),
        ("9999-12-31T23:59:59-16:00", None),
        ("mañana", None),
        ("", None),
        ("\0", None),
    ],
)
def test_an_instant_that_a_page_sends_back_is_read_in_utc(text: str, at: datetime | None) -> None:
    found = times.spelled(text)
    assert found == at
    assert found is None or found.tzinfo is UTC
