"""Open time against the minute-by-minute count: over years, and wherever clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bandeja.hours.tests.slow import Shop, Span, utc
from bandeja.hours.timeline import Timeline
from bandeja.hours.week import Week, open_stretches, start_of

OFFICE: list[list[Span]] = [[(9 * 60, 13 * 60), (15 * 60, 18 * 60)]] * 5 + [[], []]
SET = {
    "America/Santiago": [(2026, 4, 5), (2026, 9, 6), (2019, 4, 7), (2024, 9, 8)],
    "America/Sao_Paulo": [(2018, 11, 4), (2018, 2, 18), (2026, 11, 1), (2010, 10, 17)],
    "America/New_York": [(2026, 11, 1), (2026, 3, 8), (2006, 4, 2)],
    "Europe/Madrid": [(2026, 10, 25), (2026, 3, 29), (1999, 3, 28)],
    "Asia/Kathmandu": [(2026, 1, 1), (2025, 7, 1)],
    "Australia/Lord_Howe": [(2026, 4, 5), (2026, 10, 4), (2001, 3, 25)],
    "Pacific/Apia": [(2011, 12, 30), (2012, 4, 1)],
    "America/St_Johns": [(2010, 11, 7), (2010, 3, 14)],
}
"""Days about which clocks were set, or nothing happened."""


def timeline(shop: Shop, first: date, end: date) -> Timeline:
    zone = ZoneInfo(shop.zone)
    opened = open_stretches(Week(zone, shop.days, shop.exceptions), shop.holidays, first, end)
    return Timeline.of(1, start_of(end, zone), opened)


@st.composite
def spans(draw: st.DrawFn, most: int = 2) -> list[Span]:
    """A day's hours, to the minute: none, some, or into the night."""
    marks = sorted(draw(st.sets(st.integers(0, 2_000) | st.sampled_from([0, 60, 90, 120, 1440]), max_size=2 * most)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    return [(since, min(until, since + 1440)) for since, until in pairs if since < 1440]


@st.composite
def shops(draw: st.DrawFn) -> tuple[Shop, datetime]:
    """A calendar, and an instant within a week of a day on which its clock may be set."""
    zone = draw(st.sampled_from(sorted(SET)))
    about = datetime(*draw(st.sampled_from(SET[zone])), tzinfo=UTC)
    days = draw(st.just(OFFICE) | st.lists(spans(), min_size=7, max_size=7))
    near = st.integers(-8, 16).map(lambda n: (about + timedelta(days=n)).date())
    exceptions = draw(st.dictionaries(near, spans(), max_size=3))
    holidays = draw(st.frozensets(near, max_size=3))
    start = about + timedelta(
        seconds=draw(st.integers(-5 * 86_400, 4 * 86_400)), microseconds=draw(st.integers(0, 1))
    )
    return Shop(zone, days, exceptions, holidays), start


@settings(
    max_examples=80,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(
    drawn=shops(),
    seconds=st.sampled_from([60, 61, 1_800, 3_600, 2 * 3_600, 8 * 3_600, 20 * 3_600]),
    days=st.integers(1, 5),
)
def test_it_is_the_minute_by_minute_count(drawn: tuple[Shop, datetime], seconds: int, days: int) -> None:
    """closing B2 to B4"""
    shop, start = drawn
    known = timeline(shop, (start - timedelta(days=20)).date(), (start + timedelta(days=25)).date())
    slow = shop.after_open(start, seconds)
    found = known.over(start, seconds, whole_days=False)
    assert found == slow if slow else found >= start + timedelta(days=20)
    slow = shop.after_days(start, days)
    found = known.over(start, days * 86_400, whole_days=True)
    assert found == slow if slow else found >= start + timedelta(days=20)


@pytest.mark.parametrize("zone", sorted(SET))
def test_over_years_it_is_open_as_long_as_the_clock_on_the_wall_says(zone: str) -> None:
    """closing B2: by quarters of an hour, at which all of these hours begin and all of these clocks are set."""
    days: list[list[Span]] = [*OFFICE[:4], [(22 * 60, 30 * 60)], [(0, 90)], [(0, 24 * 60)]]
    shop = Shop(zone, days, {date(2011, 12, 29): [(60, 120)]}, {date(2012, 5, 1)})
    first, end = (
        (date(2010, 6, 1), date(2012, 6, 1)) if zone == "Pacific/Apia" else (date(2018, 1, 1), date(2020, 1, 1))
    )
    known = timeline(shop, first, end)
    at, until = start_of(first, ZoneInfo(zone)), start_of(end, ZoneInfo(zone))
    counted = 0
    while at < until:
        counted += shop.working_day(at) not in {None, first - timedelta(days=1)}
        at += timedelta(minutes=15)
    found = sum(min(each.closes, int(until.timestamp())) - each.opens for each in known.stretches)
    assert found == counted * 900


@pytest.mark.parametrize(
    ("start", "seconds", "over"),
    [
        # Within one stretch, over the noon break, over a night, over a weekend; to the very end of one.
        ((2026, 6, 1, 10, 0), 3_600, (2026, 6, 1, 11, 0)),
        ((2026, 6, 1, 12, 30), 3_600, (2026, 6, 1, 15, 30)),
        ((2026, 6, 1, 17, 30), 3_600, (2026, 6, 2, 9, 30)),
        ((2026, 6, 5, 17, 30), 3_600, (2026, 6, 8, 9, 30)),
        ((2026, 6, 1, 15, 0), 3 * 3_600, (2026, 6, 1, 18, 0)),
        # Outside of them it counts from the next opening, and so at the very end of one.
        ((2026, 6, 6, 11, 0), 3_600, (2026, 6, 8, 10, 0)),
        ((2026, 6, 1, 18, 0), 60, (2026, 6, 2, 9, 1)),
    ],
)
def test_hours_are_open_hours(start: tuple[int, ...], seconds: int, over: tuple[int, ...]) -> None:
    """closing B3"""
    known = timeline(Shop("UTC", OFFICE, {}), date(2026, 5, 1), date(2026, 8, 1))
    assert known.over(utc(*start), seconds, whole_days=False) == utc(*over)


@pytest.mark.parametrize(
    ("start", "days", "over"),
    [
        ((2026, 6, 1, 10, 15), 1, (2026, 6, 2, 10, 15)),
        ((2026, 6, 5, 10, 15), 1, (2026, 6, 8, 10, 15)),
        ((2026, 6, 4, 10, 15), 5, (2026, 6, 12, 10, 15)),
        # Outside of the hours it counts from the next opening.
        ((2026, 6, 1, 14, 0), 1, (2026, 6, 2, 15, 0)),
        ((2026, 6, 6, 14, 0), 1, (2026, 6, 10, 9, 0)),
        # Where it is not open at that time of the day, when it opens next: the 3rd closes at noon.
        ((2026, 6, 2, 16, 0), 1, (2026, 6, 4, 9, 0)),
        # The 9th is a holiday.
        ((2026, 6, 8, 16, 0), 1, (2026, 6, 10, 16, 0)),
    ],
)
def test_a_day_is_a_working_day_on_at_the_same_time(start: tuple[int, ...], days: int, over: tuple[int, ...]) -> None:
    """closing B4"""
    shop = Shop("UTC", OFFICE, {date(2026, 6, 3): [(9 * 60, 12 * 60)]}, {date(2026, 6, 9)})
    known = timeline(shop, date(2026, 5, 1), date(2026, 8, 1))
    assert known.over(utc(*start), days * 86_400, whole_days=True) == utc(*over)


def test_it_is_the_same_time_where_the_clocks_are_set_in_between() -> None:
    """closing B4: New York's go back on 1 November, so that a day later is 25 hours later."""
    known = timeline(Shop("America/New_York", [[(0, 1440)]] * 7, {}), date(2026, 10, 1), date(2026, 12, 1))
    assert known.over(utc(2026, 10, 31, 14), 86_400, whole_days=True) == utc(2026, 11, 1, 15)
    assert known.over(utc(2026, 10, 31, 14), 86_400, whole_days=False) == utc(2026, 11, 1, 14)


def test_nothing_is_over_before_the_end_of_what_is_known() -> None:
    """closing B6"""
    known = timeline(Shop("UTC", OFFICE, {}), date(2026, 6, 1), date(2026, 6, 15))
    for days in (True, False):
        assert known.over(utc(2026, 6, 10, 10), 30 * 86_400, whole_days=days) == utc(2026, 7, 10, 10)
        assert known.over(utc(2026, 6, 12, 17), 5 * 86_400, whole_days=days) == utc(2026, 6, 17, 17)
        assert known.over(utc(2026, 6, 12, 17), 86_400, whole_days=days) >= utc(2026, 6, 15)
        assert known.over(utc(2026, 6, 14, 17), 60, whole_days=days) >= utc(2026, 6, 15)


def test_what_goes_on_from_a_part_is_the_whole() -> None:
    """What is written down later goes on where the first part ended, after midnight too."""
    week = Week(ZoneInfo("Europe/Madrid"), [[(20 * 60, 30 * 60)]] * 7)
    whole = open_stretches(week, set(), date(2026, 3, 20), date(2026, 4, 20))
    first = open_stretches(week, set(), date(2026, 3, 20), date(2026, 4, 2))
    last = first[-1]
    before, day = last.before + last.closes - last.opens, last.day + 1
    assert [
        *first,
        *open_stretches(week, set(), date(2026, 4, 2), date(2026, 4, 20), before=before, day=day),
    ] == whole
