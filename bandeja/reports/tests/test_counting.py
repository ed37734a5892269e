"""The figures of a report against what happened: how many, of what, when, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bandeja.channels.models import Account
from bandeja.closing.tests.deeds import close_by_hand, reopen, swept
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import FLOW, Actor
from bandeja.conversations.models import Cause, Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.people.models import Workspace
from bandeja.reports import outcomes
from bandeja.reports.asked import Asked
from bandeja.reports.counting import Lines, Side, Tally
from bandeja.reports.outcomes import Part
from bandeja.reports.report import Report, report
from bandeja.reports.tests.past import closed
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
MONTH = Asked(NOON - timedelta(days=30), NOON + timedelta(days=30))


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture(autouse=True)
def bogota(noon: datetime, cast: Cast) -> None:
    """There it is seven in the morning."""
    _move_to(cast, "America/Bogota")


def seen(cast: Cast, asked: Asked = MONTH, **more: Any) -> Report:
    return report(cast.workspace, asked, **more)


def lines(found: Lines) -> list[tuple[int | None, str, int, int]]:
    return [(line.id, line.value, line.closings, line.by_rule) for line in found.shown]


def answer(conversation: Conversation, cast: Cast, **more: Any) -> None:
    lifecycle.reply(conversation.pk, "Dime", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), **more)


# How many


def test_each_closing_counts_once_on_each_of_its_sides(
    cast: Cast, clock: Clock, another_account: Callable[[str], Account]
) -> None:
    shop = another_account("Tienda")
    rule = cast.rule(name="Ventas", amount=1, unit="hours", reason="Sin respuesta")
    lia, sol = cast.write("lia"), cast.write("sol", account=shop)
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(hours=1)
    assert swept() == [lia.pk]
    close_by_hand(cast, sol, reason="Compró")
    found = seen(cast)
    assert found.total == Tally(2, 1)
    assert lines(found.sides[Side.CAUSE]) == [(None, "agent", 1, 0), (None, "rule", 1, 1)]
    assert lines(found.sides[Side.REASON]) == [(None, "Compró", 1, 0), (None, "Sin respuesta", 1, 1)]
    assert lines(found.sides[Side.RULE]) == [(rule.pk, "Ventas", 1, 1)]
    assert set(lines(found.sides[Side.ACCOUNT])) == {(cast.chat.pk, "", 1, 1), (shop.pk, "", 1, 0)}
    assert set(lines(found.sides[Side.OWNER])) == {(cast.bruno.pk, "", 1, 1), (None, "", 1, 0)}
    assert found.spread.hours == {8: Tally(2, 1)}
    assert found.spread.days == {date(2026, 3, 20): Tally(2, 1)}


def test_what_a_rule_closed_is_not_the_owners(cast: Cast) -> None:
    for _ in range(3):
        closed(cast, NOON, Cause.RULE, owner_id=cast.bruno.pk)
    closed(cast, NOON, owner_id=cast.bruno.pk)
    (line,) = seen(cast).sides[Side.OWNER].shown
    assert (line.by_rule, line.by_others) == (3, 1)


def test_a_closing_that_a_message_proved_wrong_is_in_no_figure(cast: Cast) -> None:
    """closing C8"""
    closed(cast, NOON, Cause.RULE, overtaken_at=NOON)
    found = seen(cast)
    assert (found.total, found.spread.days, found.outcomes.total.closings) == (Tally(), {}, 0)


def test_the_first_instant_is_within_and_the_last_is_not(cast: Cast) -> None:
    since, until = NOON - timedelta(days=2), NOON - timedelta(days=1)
    for at in (since - timedelta(microseconds=1), since, until - timedelta(microseconds=1), until):
        closed(cast, at)
    assert seen(cast, Asked(since, until)).total.closings == 2


def test_a_report_may_be_of_one_account_rule_or_cause(cast: Cast, another_account: Callable[[str], Account]) -> None:
    shop = another_account("Tienda")
    closed(cast, NOON)
    closed(cast, NOON, Cause.RULE, rule_id=7)
    closed(cast, NOON, Cause.RULE, rule_id=8, account_id=shop.pk)
    assert seen(cast, Asked(account=shop.pk)).total == Tally(1, 1)
    assert seen(cast, Asked(rule=7)).total == Tally(1, 1)
    assert seen(cast, Asked(cause=Cause.AGENT)).total == Tally(1, 0)
    assert seen(cast, Asked(cause=Cause.RULE)).outcomes.total.closings == 2
    assert seen(cast, Asked(cause=Cause.RULE, account=cast.chat.pk)).spread.hours == {7: Tally(1, 1)}


def test_another_workspaces_closings_are_in_none(cast: Cast, carla: Cast) -> None:
    closed(carla, NOON, Cause.RULE)
    assert seen(cast, Asked()).total == Tally()
    assert seen(cast, Asked(account=carla.chat.pk)).total == Tally()
    assert seen(carla, Asked()).total == Tally(1, 1)


def test_a_rule_goes_by_its_name_at_its_last_closing(cast: Cast) -> None:
    closed(cast, NOON - timedelta(hours=2), Cause.RULE, rule_name="Antes")
    closed(cast, NOON - timedelta(hours=1), Cause.RULE, rule_name="Ahora")
    assert lines(seen(cast).sides[Side.RULE]) == [(1, "Ahora", 2, 2)]


def test_of_many_lines_the_most_closings_are_shown_and_the_rest_is_told(cast: Cast) -> None:
    for number in range(5):
        for _ in range(5 - number):
            closed(cast, NOON, reason=f"Motivo {number}")
    found = seen(cast, most=2).sides[Side.REASON]
    assert [(line.value, line.closings) for line in found.shown] == [("Motivo 0", 5), ("Motivo 1", 4)]
    assert (found.count, found.left_out) == (5, 3)


def test_a_time_without_closings_is_all_nought(cast: Cast) -> None:
    found = seen(cast)
    assert (found.total, found.spread.days, found.spread.hours) == (Tally(), {}, {})
    assert all(side.count == 0 for side in found.sides.values())
    assert found.outcomes.total == outcomes.Outcome()


# When


@pytest.mark.parametrize(
    ("zone", "at", "day", "hour"),
    [
        ("America/New_York", "2026-03-08T06:59:59Z", "2026-03-08", 1),  # an hour is skipped that night
        ("America/New_York", "2026-03-08T07:00:00Z", "2026-03-08", 3),
        ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01", 1),  # and here one comes twice
        ("America/New_York", "2026-11-01T06:30:00Z", "2026-11-01", 1),
        ("America/Bogota", "2026-03-20T04:59:00Z", "2026-03-19", 23),
        ("Asia/Kathmandu", "2026-03-19T18:14:59Z", "2026-03-19", 23),  # a quarter off
        ("Asia/Kathmandu", "2026-03-19T18:15:00Z", "2026-03-20", 0),
        ("Australia/Lord_Howe", "2026-04-04T14:59:00Z", "2026-04-05", 1),  # changes its clocks by half an hour
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05", 1),
        ("Pacific/Kiritimati", "2026-03-19T10:00:00Z", "2026-03-20", 0),
    ],
)
def test_days_and_hours_are_those_of_the_workspaces_clocks(
    cast: Cast, zone: str, at: str, day: str, hour: int
) -> None:
    _move_to(cast, zone)
    closed(cast, datetime.fromisoformat(at))
    found = seen(cast, Asked()).spread
    assert found.days == {date.fromisoformat(day): Tally(1, 0)}
    assert found.hours == {hour: Tally(1, 0)}


@pytest.mark.parametrize("zone", ["America/Santiago", "Europe/Madrid", "Asia/Kathmandu", "UTC"])
def test_a_random_past_is_counted_as_one_counts_by_hand(cast: Cast, carla: Cast, zone: str) -> None:
    """A year of it, with every change of the clocks; each figure against a plain count in Python."""
    _move_to(cast, zone)
    rows = _random_past(cast, Random(zone))
    closed(carla, NOON)
    since, until = NOON - timedelta(days=300), NOON - timedelta(days=3)
    wanted = [row for row in rows if since <= row.closed_at < until and row.overtaken_at is None]
    found = seen(cast, Asked(since, until), most=1_000)
    clocks = ZoneInfo(zone)
    assert found.total == _tally(wanted)
    assert found.spread.days == _tallies(wanted, lambda row: row.closed_at.astimezone(clocks).date())
    assert found.spread.hours == _tallies(wanted, lambda row: row.closed_at.astimezone(clocks).hour)
    for side, of in SIDES.items():
        said = {line.id or line.value: Tally(line.closings, line.by_rule) for line in found.sides[side].shown}
        assert said == _tallies(wanted, of), side


SIDES: dict[Side, Callable[[Closure], Any]] = {
    Side.CAUSE: lambda row: row.cause,
    Side.REASON: lambda row: row.reason,
    Side.OWNER: lambda row: row.owner_id or "",
    Side.ACCOUNT: lambda row: row.account_id,
}


def _random_past(cast: Cast, chance: Random) -> list[Closure]:
    rows = []
    for _ in range(400):
        at = NOON - timedelta(minutes=chance.randrange(0, 366 * 1_440), seconds=chance.random() * 60)
        rows.append(
            closed(
                cast, at, chance.choice(list(Cause)), reason=chance.choice(["Listo", "Compró", "=1+1", "ñandú"]),
                owner_id=chance.choice([None, cast.ana.pk, cast.bruno.pk]),
                overtaken_at=chance.choice([None, None, None, NOON]),
            )
        )  # fmt: skip
    return rows


def _tallies(rows: list[Closure], of: Callable[[Closure], Any]) -> dict[Any, Tally]:
    groups: dict[Any, list[Closure]] = {}
    for row in rows:
        groups.setdefault(of(row), []).append(row)
    return {key: _tally(group) for key, group in groups.items()}


def _tally(rows: list[Closure]) -> Tally:
    by = Counter(row.cause == Cause.RULE for row in rows)
    return Tally(len(rows), by[True])


def _move_to(cast: Cast, zone: str) -> None:
    cast.workspace.time_zone = zone
    Workspace.objects.filter(pk=cast.workspace.pk).update(time_zone=zone)


# What became of them


def test_a_contact_who_writes_again_counts_by_how_soon(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1, unit="hours")
    for who in ("hour", "day", "week", "later", "never"):
        cast.write(who)
    clock.advance(hours=1)
    swept()
    for who, hours in (("hour", 1), ("day", 23), ("week", 144), ("later", 1)):
        clock.advance(hours=hours)
        cast.write(who)
    clock.advance(days=1)
    became = seen(cast).outcomes.causes["rule"]
    assert (became.back_in_an_hour, became.back_in_a_day) == (Part(1, 5), Part(2, 5))
    assert became.back_in_a_week == Part(3, 5)
    assert seen(cast).outcomes.total.back_in_a_day == Part(2, 5)


def test_a_closing_counts_for_the_day_only_once_a_day_has_passed(cast: Cast, clock: Clock) -> None:
    """Or else a rule would look the better, the less time its contacts had."""
    cast.rule(amount=1, unit="hours")
    cast.write("lia")
    clock.advance(hours=1)
    swept()
    closed_at = clock.advance(minutes=10)
    cast.write("lia")
    became = seen(cast).outcomes.causes["rule"]
    assert (became.back_in_an_hour, became.back_in_a_day) == (Part(0, 0), Part(0, 0))
    clock.set(closed_at + timedelta(hours=2))
    became = seen(cast).outcomes.causes["rule"]
    assert (became.back_in_an_hour, became.back_in_a_day) == (Part(1, 1), Part(0, 0))


def test_who_writes_after_an_agent_opened_it_has_not_opened_it_again(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1, unit="hours")
    lia = cast.write("lia")
    clock.advance(hours=1)
    swept()
    clock.advance(minutes=1)
    reopen(cast, lia)
    clock.advance(minutes=1)
    cast.write("lia")
    clock.advance(minutes=1)
    close_by_hand(cast, lia)
    clock.advance(minutes=1)
    cast.write("lia")
    clock.advance(days=8)
    assert seen(cast).outcomes.causes["rule"].back_in_a_week == Part(0, 1)


def test_each_rule_has_its_own(cast: Cast, clock: Clock, another_account: Callable[[str], Account]) -> None:
    shop = another_account("Tienda")
    hasty, patient = cast.rule(amount=1, unit="hours"), cast.rule(shop, amount=2, unit="hours")
    cast.write("lia")
    cast.write("sol", account=shop)
    clock.advance(hours=1)
    swept()
    clock.advance(minutes=30)
    cast.write("lia")
    close_by_hand(cast, Conversation.objects.get(account=cast.chat))
    clock.advance(minutes=30)
    swept()
    clock.advance(days=1)
    found = seen(cast).outcomes.rules
    assert found[hasty.pk].back_in_an_hour == Part(1, 1)
    assert found[patient.pk].back_in_an_hour == Part(0, 1)
    assert found[patient.pk].silence == timedelta(hours=2)


def test_only_a_person_answers(cast: Cast, clock: Clock) -> None:
    """Notes, flows and what was said before the contact's last message are no answer; who never wrote needs none."""
    people = {who: cast.write(who) for who in ("nobody", "noted", "flowed", "before", "answered")}
    clock.advance(minutes=1)
    answer(people["noted"], cast, note=True)
    lifecycle.reply(people["flowed"].pk, "¡Hola!", scope=Scope(cast.workspace.pk), by=FLOW)
    answer(people["before"], cast)
    clock.advance(minutes=1)
    cast.write("before")
    answer(people["answered"], cast)
    clock.advance(minutes=1)
    close_by_hand(cast, *people.values())
    clock.advance(minutes=1)
    answer(people["nobody"], cast, reopen=False)
    closed(cast, clock.now(), who="nobody", last_inbound_at=None)
    found = seen(cast).outcomes.causes["agent"]
    assert (found.closings, found.unanswered) == (6, Part(4, 5))


def test_half_were_silent_no_longer_and_half_closed_no_later(cast: Cast) -> None:
    for number in range(1, 101):
        at = NOON - timedelta(hours=number)
        late, silent = timedelta(milliseconds=10 * number), timedelta(minutes=number)
        closed(cast, at, Cause.RULE, deadline=at - late, last_inbound_at=at - silent)
    became = seen(cast).outcomes.causes["rule"]
    assert became.silence == timedelta(minutes=50)
    assert (became.late, became.latest) == (timedelta(milliseconds=500), timedelta(milliseconds=990))


def test_of_many_closings_some_are_looked_at_evenly(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "LOOKED_AT", 10)
    for number in range(45):
        closed(cast, NOON - timedelta(hours=number), Cause.RULE)
    found = seen(cast)
    assert found.total.closings == 45
    assert (found.outcomes.every, found.outcomes.total.closings) == (5, 9)
    drawn = found.outcomes
    monkeypatch.setattr(outcomes, "MOST_DRAWN", 0)
    assert seen(cast).outcomes == drawn
    monkeypatch.setattr(outcomes, "LOOKED_AT", 45)
    assert (seen(cast).outcomes.every, seen(cast).outcomes.total.closings) == (1, 45)
