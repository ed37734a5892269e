"""The page of closings and its tables: who may look, at which days, and what is told in which words."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client

from bandeja.closing import looking, rules
from bandeja.conversations.models import Cause, Closure
from bandeja.inbox.tests.browser import Browser, words
from bandeja.people import members, roles
from bandeja.people.models import Workspace
from bandeja.reports import outcomes
from bandeja.reports.report import COUNTING
from bandeja.reports.tables import TABLES
from bandeja.reports.tests.past import closed
from tests.cast import Cast, make_cast
from tests.clock import Clock
from tests.server import address

NOON = datetime(2026, 3, 20, 17, tzinfo=UTC)
"""In Bogotá, where the shop is."""
PAGE, KEPT = "/reports/closings", "/reports/closings.csv"


@pytest.fixture
def ana(cast: Cast, clock: Clock) -> Browser:
    clock.set(NOON)
    Workspace.objects.filter(pk=cast.workspace.pk).update(time_zone="America/Bogota")
    return Browser(cast.ana)


def kept(browser: Browser, key: str, **query: Any) -> list[list[str]]:
    answer = browser.get(KEPT, table=key, **query)
    assert answer.status_code == 200
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode()
    assert text[0] == "\ufeff"
    return list(csv.reader(io.StringIO(text[1:])))


def refused(browser: Browser, **query: Any) -> str:
    answer = browser.get(PAGE, **query)
    assert answer.status_code == 422
    assert "By inactivity" not in answer.content.decode()
    return words(answer.content.decode())


# Who


def test_only_who_may_see_reports_sees_them(cast: Cast, ana: Browser) -> None:
    for path in (PAGE, f"{KEPT}?table=cause"):
        assert ana.get(path).status_code == 200
        assert Browser(cast.bruno).get(path).status_code == 403
        assert Client().get(path).status_code == 302


def test_only_they_are_shown_the_way_there(cast: Cast, ana: Browser) -> None:
    assert PAGE in ana.page("/settings/closing").content.decode()
    assert PAGE not in Browser(cast.bruno).page("/settings/closing").content.decode()


def test_whoever_sees_reports_sees_all_of_the_workspace_counted(cast: Cast, ana: Browser) -> None:
    role = roles.make(cast.workspace, name="Calidad", permissions=["see_reports"], by=cast.ana)
    members.change_role(cast.bruno, role.key, by=cast.ana)
    closed(cast, NOON, owner_id=cast.ana.pk)
    cast.bruno.refresh_from_db()
    assert "Ana 1 0" in Browser(cast.bruno).see(PAGE)


def test_nothing_of_another_workspace_is_told_or_named(cast: Cast, carla: Cast, ana: Browser) -> None:
    closed(carla, NOON, reason="Secreto")
    theirs = carla.rule(name="Regla de Carla")
    assert "Nothing was closed in these days" in ana.see(PAGE)
    for name, key in (("account", carla.chat.pk), ("rule", theirs.pk)):
        assert "Regla de Carla" not in refused(ana, **{name: key})
        assert ana.get(KEPT, table="cause", **{name: key}).status_code == 404
    assert all("Secreto" not in str(kept(ana, key)) for key in TABLES)


# Which days


def test_days_are_whole_by_the_workspaces_clocks_and_today_is_the_last(cast: Cast, ana: Browser) -> None:
    for at in ("2026-03-14T04:59Z", "2026-03-14T05:00Z", "2026-03-20T16:59Z"):
        closed(cast, datetime.fromisoformat(at))
    rows = kept(ana, "day", days="7")
    assert [row[0] for row in rows[1:]] == [f"2026-03-{day}" for day in range(14, 21)]
    assert [row[1] for row in rows[1:]] == ["1", "0", "0", "0", "0", "0", "1"]
    assert kept(ana, "day", since="2026-03-13", until="2026-03-13")[1:] == [["2026-03-13", "1", "0", "1"]]


def test_the_day_the_clocks_change_is_one_day(cast: Cast, ana: Browser, clock: Clock) -> None:
    """23 hours of it, or 25; where midnight itself is skipped it begins when the clocks show one."""
    for zone, day, hours in (
        ("America/New_York", "2026-03-08", 23), ("America/New_York", "2026-11-01", 25),
        ("America/Santiago", "2026-09-06", 23),
    ):  # fmt: skip
        Workspace.objects.filter(pk=cast.workspace.pk).update(time_zone=zone)
        Closure.objects.all().delete()
        since = datetime.fromisoformat(f"{day}T00:00Z")
        for half_hour in range(4 * 24):
            closed(cast, since - timedelta(hours=12) + timedelta(minutes=30 * half_hour))
        assert kept(ana, "day", since=day, until=day)[1:] == [[day, str(2 * hours), "0", str(2 * hours)]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "It must not be before the first day."),
        ({"since": "2024-03-01", "until": "2026-03-01"}, "At most 366 days are shown at once."),
        ({"since": "never"}, "Enter a valid date."),
        ({"until": "0001-01-01"}, "It must be a day between 2000 and 9000."),
        ({"since": "9999-12-31", "until": "9999-12-31"}, "It must be a day between 2000 and 9000."),
        ({"account": "99999999999999999999"}, "Choose one of the list;"),
        ({"cause": "boredom"}, "Choose one of the list;"),
        ({"rule": "\x00"}, "Choose one of the list;"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(ana: Browser, query: dict[str, str], said: str) -> None:
    assert said in refused(ana, **query)
    assert ana.get(KEPT, table="cause", **query).status_code == 404


def test_one_day_alone_finds_the_other(ana: Browser) -> None:
    assert kept(ana, "day", since="2026-03-18")[1][0] == "2026-03-18"
    assert kept(ana, "day", since="2026-03-18")[-1][0] == "2026-03-20"
    assert (kept(ana, "day", until="2026-03-18")[1][0], len(kept(ana, "day"))) == ("2026-02-17", 31)


def test_a_day_that_is_still_to_come_is_empty(cast: Cast, ana: Browser) -> None:
    closed(cast, NOON)
    assert kept(ana, "day", since="2026-03-21")[1:] == [["2026-03-21", "0", "0", "0"]]


# What is told


def test_the_numbers_that_matter_stand_on_top(cast: Cast, ana: Browser, clock: Clock) -> None:
    rule = cast.rule(name="Ventas")
    for number in range(4):
        closed(cast, NOON - timedelta(days=2, hours=number), Cause.RULE, rule_id=rule.pk)
    closed(cast, NOON - timedelta(days=1), owner_id=cast.bruno.pk)
    seen = ana.see(PAGE)
    assert "Closings 5 By inactivity 4 80%" in seen
    assert "The contact wrote again within the day 0% 0 of 4" in seen
    assert "Nobody of yours had answered 100% 4 of 4" in seen
    assert "99 of 100 closed within 0.00 s of their time" in seen
    assert "Ventas 4 closings Written again within 1 hour 0% 0 of 4" in seen
    assert "Bruno 1 0" in seen
    assert "Without owner 0 4" in seen
    assert "never counted as closed by the owner" in seen


def test_only_closings_by_hand_tell_nothing_of_rules(cast: Cast, ana: Browser) -> None:
    closed(cast, NOON)
    seen = ana.see(PAGE)
    assert "By hand 1 100%" in seen
    assert "wrote again within the day" not in seen
    assert "Written again" not in seen


def test_a_rule_is_called_as_now_and_a_deleted_one_as_it_was(cast: Cast, ana: Browser) -> None:
    rule = cast.rule(name="Ahora")
    closed(cast, NOON, Cause.RULE, rule_id=rule.pk, rule_name="Antes")
    assert "Ahora 1 closing" in ana.see(PAGE)
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert "Antes (deleted) 1 closing" in ana.see(PAGE)


def test_what_people_typed_is_only_text(cast: Cast, ana: Browser) -> None:
    reason = "<script>alert(1)</script>" + "X" * 300 + "ñ\u202e"
    closed(cast, NOON, reason=reason)
    content = ana.page(PAGE).content.decode()
    assert "<script>alert(1)" not in content
    assert reason in kept(ana, "reason")[1][0]


def test_a_plot_says_what_its_table_says(cast: Cast, ana: Browser) -> None:
    closed(cast, NOON)
    content = ana.page(PAGE).content.decode()
    assert content.count('role="img"') == content.count("the table below says the same") == 2
    assert "<title>12:00: 1</title>" in content
    assert "March 20 1 0 1" in words(content)


def test_without_closings_it_says_so_and_where_to_go(cast: Cast, ana: Browser) -> None:
    assert "Nothing was closed in these days" in ana.see(PAGE)
    closed(cast, NOON)
    assert "Show all closings" in ana.see(PAGE, cause="flow")


def test_a_filter_stays_while_one_looks_at_other_days(cast: Cast, ana: Browser) -> None:
    rule = cast.rule(name="Ventas")
    content = ana.page(PAGE, rule=rule.pk, days="7").content.decode()
    assert f'href="?days=90&amp;rule={rule.pk}"' in content
    assert f'<option value="{rule.pk}" selected>' in content
    assert content.count('aria-current="page">7 days') == 1


def test_that_only_some_were_looked_at_is_told(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        closed(cast, NOON - timedelta(hours=number), Cause.RULE)
    assert "taken evenly" not in ana.see(PAGE)
    monkeypatch.setattr(outcomes, "LOOKED_AT", 2)
    assert "told of one in 2 of them, taken evenly" in ana.see(PAGE)


# The tables


def test_each_table_is_kept_whole(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        closed(cast, NOON, reason=f"Motivo {number:02}", owner_id=cast.bruno.pk)
    assert "8 more are in the CSV." in ana.see(PAGE)
    rows = kept(ana, "reason")
    assert rows[0] == ["Reason", "Closings", "Part", "By inactivity"]
    assert rows[1:] == [[f"Motivo {number:02}", "1", "0.0500", "0"] for number in range(20)]
    assert kept(ana, "owner")[1:] == [["Bruno", "20", "0"]]
    assert kept(ana, "hour")[13] == ["12:00", "20", "0", "20"]
    assert len(kept(ana, "hour")) == 25


def test_the_tables_say_what_the_page_says(cast: Cast, ana: Browser) -> None:
    rule = cast.rule(name="Ventas")
    late = timedelta(seconds=1.5)
    closed(cast, NOON - timedelta(days=2), Cause.RULE, rule_id=rule.pk, deadline=NOON - timedelta(days=2) - late)
    assert kept(ana, "rule")[1] == ["Ventas", "1", "0.0000", "0.0000", "", "1.0000", "3600.000", "1.500", "1.500"]
    assert kept(ana, "cause")[1] == ["By rule", "1", "1.0000", "1.0000", "3600.000"]
    assert kept(ana, "account")[1] == ["Chat web", "1", "1.0000", "1", "0"]


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_runs_nothing_of_a_table(cast: Cast, ana: Browser, formula: str) -> None:
    closed(cast, NOON, reason=formula)
    cast.chat.name = formula
    cast.chat.save(update_fields=["name"])
    for key in ("reason", "account"):
        assert kept(ana, key)[1][0] == f"'{formula}"


def test_a_table_that_is_none_is_not_there(ana: Browser) -> None:
    assert ana.get(KEPT).status_code == 404
    assert ana.get(KEPT, table="secrets").status_code == 404


# Too much


def test_too_many_closings_are_told_in_a_sentence(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE", "50ms")
    monkeypatch.setattr("bandeja.reports.counting.CLOSINGS", "select pg_sleep(30)")
    for path in (PAGE, f"{KEPT}?table=cause"):
        answer = ana.get(path)
        assert answer.status_code == 503
        assert "more closings here than can be counted" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_somebody_counts_waits_a_little(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    ana = Browser(cast.ana)
    monkeypatch.setattr("bandeja.reports.report.TURN", "20ms")
    with psycopg.connect(address()) as other:
        other.execute("select pg_advisory_xact_lock(%s, %s)", [COUNTING, cast.workspace.pk])
        answer = ana.get(PAGE)
        assert ana.get("/settings/closing").status_code == 200
    assert answer.status_code == 503
    assert "counting at this moment" in answer.content.decode()
    assert ana.get(PAGE).status_code == 200
