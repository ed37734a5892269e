"""The screens of business hours: plain forms that work, for whoever manages closing rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from bandeja.closing import calendars
from bandeja.closing.calendar_forms import OFFICE
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import edit
from bandeja.hours.drafts import Draft
from bandeja.hours.models import Calendar
from bandeja.people.models import Agent, Permission
from tests.cast import Cast

HERE = "/settings/hours"


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    Agent.objects.filter(pk=cast.ana.pk).update(language="en")
    client.force_login(cast.ana)
    return client


def typed(**more: Any) -> dict[str, Any]:
    """Monday in two stretches, the night from Friday, and Christmas Eve."""
    return {
        "name": "Oficina", "zone": "America/Santiago", "country": "CL", "subdivision": "",
        "day-0-0-from": "09:00", "day-0-0-to": "13:00", "day-0-1-from": "15:00", "day-0-1-to": "18:30",
        "day-4-0-from": "22:00", "day-4-0-to": "06:00", "day-6-0-from": "00:00", "day-6-0-to": "00:00",
        "date-0": "2026-12-24", "date-0-0-from": "09:00", "date-0-0-to": "12:00", "date-1": "2026-12-31",
        "date-2": "", **more,
    }  # fmt: skip


def made(cast: Cast, name: str = "Oficina") -> Calendar:
    return calendars.save(cast.workspace, Draft(name, "America/Santiago", OFFICE), by=cast.ana)


def test_what_is_typed_is_saved_and_shown_again(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{HERE}/new", typed())
    assert (answer.status_code, answer.headers["Location"]) == (302, HERE)
    calendar = Calendar.objects.get()
    version = calendars.current(calendar)
    assert version.week == [[[540, 780], [900, 1110]], [], [], [], [[1320, 1800]], [], [[0, 1440]]]
    assert version.exceptions == [
        {"on": "2026-12-24", "hours": [[540, 720]]}, {"on": "2026-12-31", "hours": []},
    ]  # fmt: skip
    page = browser.get(f"{HERE}/{calendar.pk}").content.decode()
    assert all(f'value="{said}"' in page for said in ("Oficina", "18:30", "06:00", "2026-12-31"))
    assert "Oficina" in browser.get(HERE).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"zone": "Mars/Base"},
        {"country": "QQ"},
        {"day-0-0-from": ""},
        {"day-0-0-from": "25:00"},
        {"day-0-0-to": "16:00"},
        {"day-0-0-from": "٩:00"},
        {"day-3-0-from": "12:00", "day-3-0-to": "11:00", "day-4-1-from": "00:30", "day-4-1-to": "02:00"},
        {"date-0": "mañana"},
        {"date-1": "2026-12-24"},
        {"name": "x" * 81},
    ],
)
def test_what_is_wrong_is_refused_and_kept(cast: Cast, browser: Client, wrong: dict[str, str]) -> None:
    answer = browser.post(f"{HERE}/new", typed(**wrong))
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert "18:30" in answer.content.decode()
    assert not Calendar.objects.exists()


def test_nothing_at_all_is_refused(cast: Cast, browser: Client) -> None:
    assert browser.post(f"{HERE}/new").status_code == 422
    assert browser.post(f"{HERE}/days").status_code == 200


def test_a_save_that_somebody_overtook_is_refused_and_what_was_typed_is_kept(cast: Cast, browser: Client) -> None:
    """closing R4"""
    calendar = made(cast)
    calendars.save(cast.workspace, Draft("Tienda", "UTC", OFFICE), by=cast.bruno, calendar_id=calendar.pk)
    answer = browser.post(f"{HERE}/{calendar.pk}", typed(version="1"))
    assert answer.status_code == 422
    assert "18:30" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    assert browser.post(f"{HERE}/{calendar.pk}", typed(version="2")).status_code == 302
    calendar.refresh_from_db()
    assert (calendar.name, calendar.version) == ("Oficina", 3)


def test_what_is_wrong_with_a_date_stands_beside_it(cast: Cast, browser: Client) -> None:
    """Blank rows before it or not, and whichever date comes first."""
    twice = {f"date-3-{n}-{end}": at for n in (0, 1) for end, at in (("from", "09:00"), ("to", "12:00"))}
    dates = {"date-0": "", "date-1": "2026-12-24", "date-2": "2026-12-24", "date-3": "2026-01-02", **twice}
    page = browser.post(f"{HERE}/new", typed(**dates)).content.decode()
    wrong = set(re.findall(r'name="(date-\d+)-0-from"[^>]*aria-invalid="true"', page))
    assert wrong == {"date-2", "date-3"}


def test_the_next_days_are_those_of_what_is_typed(cast: Cast, browser: Client, clock: Any) -> None:
    answer = browser.post(f"{HERE}/days", typed(country="", name=""))
    assert "09:00–13:00, 15:00–18:30" in answer.content.decode()
    assert "09:00–13:00" in browser.post(f"{HERE}/new", typed(look="1")).content.decode()
    assert not Calendar.objects.exists()


def test_the_parts_of_a_country_are_offered(cast: Cast, browser: Client) -> None:
    assert "Madrid" in browser.post(f"{HERE}/days", typed(country="ES")).content.decode()
    browser.post(f"{HERE}/new", typed(country="CL", subdivision="MD"))
    assert calendars.current(Calendar.objects.get()).subdivision == "", "what is left of another country"


def test_what_a_rule_counts_by_is_not_deleted(cast: Cast, browser: Client) -> None:
    calendar, rule = made(cast), cast.rule(amount=2, unit="hours", name="Ventas del día")
    edit(cast, rule, options=Options(calendar=calendar.pk))
    assert "Ventas del día" in browser.get(HERE).content.decode()
    assert "Ventas del día" in browser.get(f"{HERE}/{calendar.pk}/deletion").content.decode()
    assert browser.post(f"{HERE}/{calendar.pk}/deletion").status_code == 409
    edit(cast, rule, options=Options())
    assert browser.post(f"{HERE}/{calendar.pk}/deletion").status_code == 302
    assert browser.post(f"{HERE}/{calendar.pk}/deletion").status_code == 404


def test_those_of_another_workspace_are_not_there(cast: Cast, carla: Cast, browser: Client) -> None:
    theirs = made(carla)
    for path in (f"{HERE}/{theirs.pk}", f"{HERE}/{theirs.pk}/deletion"):
        assert (browser.get(path).status_code, browser.post(path, typed()).status_code) == (404, 404)
    assert "Oficina" not in browser.get(HERE).content.decode()


def test_whoever_may_not_manage_closing_is_turned_away(cast: Cast, browser: Client) -> None:
    role = cast.ana.role
    role.permissions = [each for each in role.permissions if each != Permission.MANAGE_CLOSING]
    role.save()
    for path in (HERE, f"{HERE}/new"):
        assert browser.get(path).status_code == 403


def test_a_rules_card_offers_them_and_says_when_it_would_close(cast: Cast, browser: Client) -> None:
    calendar = made(cast)
    page = browser.get("/settings/closing?new").content.decode()
    assert "Only in the hours “Oficina”" in page
    said = {"amount": "2", "unit": "days", "account_ids": [cast.chat.pk], "reason": "Nada", "calendar": calendar.pk}
    told = browser.post("/settings/closing/summary", said).content.decode()
    assert "it would close on" in told
    assert browser.post("/settings/closing/rules", {**said, "active": "on"}).status_code == 302
    assert cast.workspace.rules.get().calendar == calendar
    seen = browser.post("/settings/closing/preview", said).content.decode()
    assert "measured by the clock" in seen
