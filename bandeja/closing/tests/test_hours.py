"""Rules that count only business hours: the rows agree with the plain Python, and calendars change as R8 says."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from bandeja.closing import by_hours, calendars, coverage, rules
from bandeja.closing.clocks import clocks
from bandeja.closing.models import Rule, RuleTime
from bandeja.closing.options import Options
from bandeja.closing.standing import stands
from bandeja.closing.tests.deeds import closes_at, edit, swept
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.hours import feasts, writing
from bandeja.hours.drafts import MOST_EXCEPTIONS, Draft, Invalid
from bandeja.hours.models import Calendar, CalendarVersion, OpenHours
from bandeja.hours.tests.slow import Shop
from bandeja.inbox import soon
from bandeja.people.models import Action, AuditEntry, Subject
from tests.cast import Cast
from tests.clock import Clock

OFFICE = [[(9 * 60, 13 * 60), (15 * 60, 18 * 60)]] * 5 + [[], []]
LATE = [[(10 * 60, 20 * 60)]] * 5 + [[], []]
MONDAY = datetime(2026, 6, 1, 14, tzinfo=UTC)
"""10:00 in Santiago."""
ZONE = "America/Santiago"


@pytest.fixture(autouse=True)
def at_ten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set(MONDAY)
    monkeypatch.setattr(writing, "BACK", timedelta(days=60))


def a_calendar(cast: Cast, week: Any = OFFICE, **more: Any) -> Calendar:
    return calendars.save(cast.workspace, Draft(more.pop("name", "Oficina"), ZONE, week, **more), by=cast.ana)


def a_rule(cast: Cast, amount: int, unit: str, calendar: Calendar, **more: Any) -> Rule:
    rule = cast.rule(amount=amount, unit=unit)
    return edit(cast, rule, options=Options(calendar=calendar.pk, **more))


def reopened(cast: Cast, calendar: Calendar, week: Any, **more: Any) -> Calendar:
    draft = Draft(more.pop("name", "Oficina"), ZONE, week, **more)
    return calendars.save(cast.workspace, draft, by=cast.ana, calendar_id=calendar.pk)


def test_the_rows_say_what_the_plain_python_says(cast: Cast, clock: Clock) -> None:
    """closing B2 to B4, B6: over three years, and beyond what is written down."""
    night = [[(540, 780), (1320, 1800)], [(540, 780)], [], [(0, 1440)], [(30, 90)], [(1430, 1450)], []]
    for week in (OFFICE, night):
        calendar = a_calendar(cast, week, name=f"Horario {week is night}", country="CL")
        (hours,) = writing.timelines([calendars.current(calendar).pk]).values()
        starts = [
            MONDAY + timedelta(days=n, hours=n * 7 % 24, seconds=n, microseconds=n % 3) for n in range(-90, 1300, 3)
        ]
        times = [(60, False), (7_261, False), (40 * 3_600, False), (86_400, True), (12 * 86_400, True)]
        over = coverage.over(start="since.at", by="timed")
        with connection.cursor() as cursor:
            cursor.execute(
                f"select since.at, timed.seconds, timed.whole_days, {over}"
                " from unnest(%s::timestamptz[]) as since (at)"
                " cross join unnest(%s::bigint[], %s::boolean[]) as each (seconds, whole_days)"
                " cross join lateral (select each.*, %s::bigint as hours) as timed",
                [starts, [time for time, _ in times], [days for _, days in times], hours.version],
            )
            found = cursor.fetchall()
        assert len(found) == len(starts) * len(times)
        for at, seconds, days, said in found:
            assert said == hours.over(at, seconds, whole_days=days), (at, seconds, days)


@pytest.mark.parametrize(
    ("amount", "unit", "closes"),
    [
        (2, "hours", datetime(2026, 6, 1, 16, tzinfo=UTC)),
        (4, "hours", datetime(2026, 6, 1, 20, tzinfo=UTC)),
        (8, "hours", datetime(2026, 6, 2, 15, tzinfo=UTC)),
        (1, "days", datetime(2026, 6, 2, 14, tzinfo=UTC)),
        (5, "days", datetime(2026, 6, 8, 14, tzinfo=UTC)),
    ],
)
def test_it_closes_when_so_much_open_time_has_passed(
    cast: Cast, clock: Clock, amount: int, unit: str, closes: datetime
) -> None:
    """closing B3, B4: and not a microsecond before; what is shown is the same."""
    a_rule(cast, amount, unit, a_calendar(cast))
    lia = cast.write()
    assert (closes_at(lia), stands(lia).deadline) == (closes, closes)
    clock.set(closes - timedelta(microseconds=1))
    assert swept() == []
    clock.set(closes)
    assert swept() == [lia.pk]
    closure = lia.closures.get()
    assert (closure.armed_at, closure.deadline) == (MONDAY, closes)


def test_a_message_outside_of_the_hours_counts_from_the_next_opening(cast: Cast, clock: Clock) -> None:
    """closing B3: on a holiday, which the weekday does not tell."""
    calendar = a_calendar(cast, country="CL")
    a_rule(cast, 1, "hours", calendar)
    clock.set(datetime(2026, 9, 17, 22, tzinfo=UTC))
    lia = cast.write()
    assert closes_at(lia) == datetime(2026, 9, 21, 13, tzinfo=UTC), "the 18th is a holiday, then it is Saturday"


def test_an_exception_counts_on_a_holiday_too(cast: Cast, clock: Clock) -> None:
    """closing B2"""
    a_rule(cast, 1, "hours", a_calendar(cast, country="CL", exceptions=[(date(2026, 9, 18), [(600, 720)])]))
    clock.set(datetime(2026, 9, 17, 22, tzinfo=UTC))
    assert closes_at(cast.write()) == datetime(2026, 9, 18, 14, tzinfo=UTC)


def test_a_calendar_that_is_edited_never_brings_a_clock_forward(cast: Cast, clock: Clock) -> None:
    """closing B5, R8: the latest by what it said at any moment since; new clocks run by what it says now."""
    calendar = a_calendar(cast)
    rule = a_rule(cast, 8, "hours", calendar)
    lia = cast.write()
    was = closes_at(lia)
    clock.advance(minutes=5)
    reopened(cast, calendar, LATE)
    assert closes_at(lia) == was == datetime(2026, 6, 2, 15, tzinfo=UTC)
    assert closes_at(cast.write("teo")) == datetime(2026, 6, 1, 22, 5, tzinfo=UTC)
    reopened(cast, calendar, [[(600, 660)]] * 7)
    assert closes_at(lia) == datetime(2026, 6, 8, 15, tzinfo=UTC)
    assert rule.times.count() == 4, "by the clock, and by three versions of the calendar"


def test_the_hours_of_a_rule_may_be_taken_off_again(cast: Cast, clock: Clock) -> None:
    calendar = a_calendar(cast)
    rule = a_rule(cast, 8, "hours", calendar)
    lia = cast.write()
    was = closes_at(lia)
    clock.advance(minutes=5)
    edit(cast, rule, options=Options())
    assert closes_at(lia) == was
    assert closes_at(cast.write("teo")) == MONDAY + timedelta(hours=8, minutes=5)
    assert calendars.delete(calendar.pk, workspace=cast.workspace, by=cast.ana)
    assert closes_at(lia) == was, "what counted by it goes on"
    assert CalendarVersion.objects.get().calendar is None


def test_a_rule_counts_its_working_days_from_our_answer(cast: Cast, clock: Clock) -> None:
    """closing G1, B4"""
    a_rule(cast, 1, "days", a_calendar(cast), since="either")
    lia = cast.write()
    clock.advance(days=4)
    lifecycle.reply(lia.pk, "Buenas", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert closes_at(lia) == stands(lia).deadline == datetime(2026, 6, 8, 14, tzinfo=UTC)


def test_what_is_released_is_looked_at_no_later_than_it_runs_out(cast: Cast, clock: Clock) -> None:
    """closing C9: its whole time from then, in hours."""
    a_rule(cast, 1, "days", a_calendar(cast))
    lia = cast.write()
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    lifecycle.keep([lia.pk], scope=scope, by=by)
    clock.set(datetime(2026, 6, 5, 15, tzinfo=UTC))
    lifecycle.release([lia.pk], scope=scope, by=by, clock=coverage.clock)
    due = datetime(2026, 6, 8, 15, tzinfo=UTC)
    lia.refresh_from_db()
    assert closes_at(lia) == due
    assert lia.look_at is not None
    assert lia.look_at <= due
    clock.set(due - timedelta(seconds=1))
    assert swept() == []
    lia.refresh_from_db()
    assert lia.look_at == due, "the sweep moves its look once, to when it is due"
    clock.set(due)
    assert swept() == [lia.pk]


@pytest.mark.parametrize("since", ["contact", "either"])
def test_what_closes_soon_is_what_shows_its_countdown(cast: Cast, clock: Clock, since: str) -> None:
    """closing B7: the filter of the list, by the same hours as each row."""
    rule = a_rule(cast, 8, "hours", a_calendar(cast), since=since)
    rows = []
    for n in range(12):
        clock.set(MONDAY + timedelta(hours=5 * n))
        rows.append(cast.write(f"c{n}"))
    by = Actor.agent(cast.ana)
    lifecycle.reply(rows[3].pk, "Buenas", scope=Scope.of(cast.ana), by=by)
    for n in range(40):
        clock.set(now := MONDAY + timedelta(hours=60 + 2 * n))
        covers = coverage.clock([cast.chat.pk])
        told = clocks(Conversation.objects.all(), covers)
        near = {pk for pk, run in told.items() if run.near <= now}
        assert set(Conversation.objects.filter(soon.near(covers, now)).values_list("pk", flat=True)) == near
        latest = soon.latest(covers[cast.chat.pk], now)
        assert all(told[pk].until <= latest + timedelta(seconds=1) for pk in near)
    assert rule.times.count() == 2


def test_nothing_closes_by_hours_that_nobody_has_written_down(cast: Cast, clock: Clock) -> None:
    """closing B6: should the worker fail to write more of them down for years, nothing closes until it does."""
    a_rule(cast, 1, "hours", a_calendar(cast))
    clock.advance(days=1_090)
    while writing.step():
        pass
    OpenHours.objects.filter(opens_at__gt=clock.now() + timedelta(days=2)).delete()
    CalendarVersion.objects.update(
        ends_at=clock.now() + timedelta(days=2), end_day=(clock.now() + timedelta(days=2)).date()
    )
    lia = cast.write()
    clock.advance(days=10)
    assert swept() == []
    assert writing.step() == 1
    assert writing.step() == 0
    assert swept() == [lia.pk]


def test_the_worker_writes_more_down_before_it_runs_out(cast: Cast, clock: Clock) -> None:
    calendar = a_calendar(cast)
    assert writing.step() == 0
    clock.advance(days=200)
    assert (writing.step(), writing.step()) == (1, 0)
    version = calendars.current(calendar)
    assert version.ends_at > clock.now() + writing.AHEAD
    rows = list(version.open_hours.order_by("before"))
    assert all(a.closes_at <= b.opens_at for a, b in pairwise(rows))
    assert all(b.before - a.before == (a.closes_at - a.opens_at).total_seconds() for a, b in pairwise(rows))
    shop = Shop(ZONE, OFFICE, {})
    (known,) = writing.timelines([version.pk]).values()
    start = MONDAY + timedelta(days=1_185)
    assert known.over(start, 7_200, whole_days=False) == shop.after_open(start, 7_200)


def test_a_calendar_without_an_open_hour_is_refused(cast: Cast) -> None:
    """closing B6"""
    with pytest.raises(Invalid) as refused:
        a_calendar(cast, [[]] * 7)
    assert set(refused.value.errors) == {"week"}
    closed: Any = [(date(2026, 6, 1) + timedelta(days=7 * n), []) for n in range(60)]
    with pytest.raises(Invalid):
        a_calendar(cast, [[(540, 600)], *[[]] * 6], exceptions=closed)
    assert not Calendar.objects.exists()


@pytest.mark.parametrize(
    ("week", "field"),
    [
        ([[(540, 600), (590, 700)], *[[]] * 6], "week.0"),
        ([[(1320, 1440 + 60 * 7)], [(360, 600)], *[[]] * 5], "week.0"),
        ([[(60, 120)], *[[]] * 5, [(1320, 1440 + 90)]], "week.6"),
        ([[(-1, 60)], *[[]] * 6], "week.0"),
        ([[(n * 60, n * 60 + 30) for n in range(7)], *[[]] * 6], "week.0"),
    ],
)
def test_hours_that_overlap_are_refused(cast: Cast, week: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_calendar(cast, week)
    assert field in refused.value.errors


def test_a_time_that_takes_years_in_these_hours_is_refused(cast: Cast) -> None:
    """closing B6: of a rule, and of a calendar that a rule counts by."""
    calendar = a_calendar(cast)
    with pytest.raises(rules.Invalid) as refused:
        a_rule(cast, 8_760, "hours", calendar)
    assert set(refused.value.errors) == {"calendar"}
    Rule.objects.all().delete()
    rule = a_rule(cast, 2_000, "hours", calendar)
    with pytest.raises(Invalid) as unfit:
        reopened(cast, calendar, [[(540, 600)], *[[]] * 6])
    assert rule.name in unfit.value.errors["week"]
    assert calendars.current(calendar).week == [[[540, 780], [900, 1080]]] * 5 + [[], []]
    assert RuleTime.objects.filter(until=None).get().hours == calendars.current(calendar)


def test_a_calendar_that_a_rule_counts_by_is_not_deleted(cast: Cast) -> None:
    """closing B5: on or off, the rule is named."""
    calendar = a_calendar(cast)
    rule = a_rule(cast, 1, "days", calendar)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    with pytest.raises(calendars.Used) as used:
        calendars.delete(calendar.pk, workspace=cast.workspace, by=cast.ana)
    assert used.value.names == [rule.name]
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert calendars.delete(calendar.pk, workspace=cast.workspace, by=cast.ana)
    assert not calendars.delete(calendar.pk, workspace=cast.workspace, by=cast.ana)
    assert not CalendarVersion.objects.exists()


def test_a_stale_save_and_a_name_that_is_taken_are_refused(cast: Cast, carla: Cast) -> None:
    calendar = a_calendar(cast)
    a_calendar(cast, name="Tarde")
    a_calendar(carla)
    reopened(cast, calendar, LATE)
    with pytest.raises(calendars.Stale):
        calendars.save(
            cast.workspace, Draft("Oficina", ZONE, OFFICE), by=cast.ana, calendar_id=calendar.pk, version=1
        )
    with pytest.raises(calendars.NameTaken):
        reopened(cast, calendar, LATE, name="TARDE")
    with pytest.raises(Calendar.DoesNotExist):
        calendars.save(carla.workspace, Draft("X", ZONE, OFFICE), by=carla.ana, calendar_id=calendar.pk)


def test_what_is_done_to_a_calendar_is_in_the_audit_log(cast: Cast) -> None:
    calendar = a_calendar(cast)
    reopened(cast, calendar, OFFICE)
    reopened(cast, calendar, LATE)
    calendars.delete(calendar.pk, workspace=cast.workspace, by=cast.ana)
    said = AuditEntry.objects.filter(subject=Subject.CALENDAR).order_by("pk").values_list("action", "name")
    assert list(said) == [
        (Action.CREATED, "Oficina"), (Action.CHANGED, "Oficina"), (Action.DELETED, "Oficina"),
    ]  # fmt: skip


def test_a_save_takes_in_the_holidays_that_are_known_by_now(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """closing B2: an update of the library tells nobody."""
    calendar = a_calendar(cast, country="CL")
    tuesday = MONDAY.date() + timedelta(days=1)
    known = feasts.dates
    assert calendars.current(calendar).open_hours.filter(date=tuesday).exists()
    monkeypatch.setattr(feasts, "dates", lambda *asked: {**known(*asked), tuesday: "Uno nuevo"})
    again = reopened(cast, calendar, OFFICE, country="CL")
    assert not calendars.current(again).open_hours.filter(date=tuesday).exists()


def test_a_time_that_ends_where_nobody_has_written_down_is_refused(cast: Cast) -> None:
    """closing B6: what is not known is not in time."""
    calendar = a_calendar(cast)
    CalendarVersion.objects.update(ends_at=MONDAY + timedelta(hours=1))
    with pytest.raises(rules.Invalid):
        a_rule(cast, 2, "hours", calendar)


@pytest.mark.parametrize("too_many", [0, 1])
def test_a_calendar_has_so_many_exceptions_at_the_most(cast: Cast, too_many: int) -> None:
    """As many as a form can send."""
    days = [MONDAY.date() + timedelta(days=n) for n in range(MOST_EXCEPTIONS + too_many)]
    with pytest.raises(Invalid) if too_many else nullcontext():
        a_calendar(cast, exceptions=[(on, [(600, 660)]) for on in days])


def test_another_name_is_no_other_version(cast: Cast) -> None:
    calendar = a_calendar(cast)
    a_rule(cast, 1, "days", calendar)
    times = RuleTime.objects.count()
    renamed = reopened(cast, calendar, OFFICE, name="Ventas")
    assert (renamed.name, renamed.version) == ("Ventas", 2)
    assert (RuleTime.objects.count(), CalendarVersion.objects.count()) == (times, 1)


def test_a_calendar_of_another_workspace_is_none(cast: Cast, carla: Cast) -> None:
    with pytest.raises(rules.Invalid):
        a_rule(cast, 1, "days", a_calendar(carla))


def test_a_rule_says_when_it_would_close(cast: Cast) -> None:
    options = Options(calendar=a_calendar(cast).pk)
    said = by_hours.example(1, "days", options, cast.workspace)
    assert "2" in said
    assert by_hours.example(0, "days", options, cast.workspace) == ""
    assert by_hours.example(1, "days", Options(), cast.workspace) == ""


def test_saving_hours_writes_no_conversation(cast: Cast, clock: Clock) -> None:
    """closing B5: a row or two for each rule, however many clocks run by it."""
    calendar = a_calendar(cast)
    a_rule(cast, 8, "hours", calendar)
    for n in range(3):
        cast.write(f"c{n}")
    before = list(Conversation.objects.order_by("pk").values())
    clock.advance(minutes=1)
    reopened(cast, calendar, LATE)
    assert list(Conversation.objects.order_by("pk").values()) == before
