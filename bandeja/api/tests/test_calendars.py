"""Business hours by API: read, and named by a rule."""

from __future__ import annotations

from datetime import date

import pytest

from bandeja.api.tests.programs import Program
from bandeja.closing import calendars
from bandeja.hours.drafts import Draft
from bandeja.hours.models import Calendar
from tests.cast import Cast

pytestmark = pytest.mark.django_db

WEEK = [[(540, 780), (900, 1_080)], *[[]] * 3, [(1_320, 1_800)], [], [(0, 1_440)]]


def made(cast: Cast) -> Calendar:
    draft = Draft("Oficina", "America/Santiago", WEEK, "CL", "RM", [(date(2026, 12, 24), [(540, 720)])])
    return calendars.save(cast.workspace, draft, by=cast.ana)


def test_calendars_are_read_as_the_clock_on_the_wall_says_them(cast: Cast, carla: Cast) -> None:
    program, calendar = Program(cast.ana), made(cast)
    theirs = made(carla)
    [told] = program.get("/calendars")
    assert told == program.get(f"/calendars/{calendar.pk}")
    assert (told["name"], told["version"], told["time_zone"]) == ("Oficina", 1, "America/Santiago")
    assert told["week"][0] == [{"opens": "09:00", "closes": "13:00"}, {"opens": "15:00", "closes": "18:00"}]
    assert told["week"][4] == [{"opens": "22:00", "closes": "06:00"}]
    assert told["week"][6] == [{"opens": "00:00", "closes": "00:00"}]
    assert (told["country"], told["subdivision"]) == ("CL", "RM")
    assert told["exceptions"] == [{"on": "2026-12-24", "hours": [{"opens": "09:00", "closes": "12:00"}]}]
    assert program.ask("GET", f"/calendars/{theirs.pk}").status_code == 404


def test_a_rule_names_its_calendar(cast: Cast, carla: Cast) -> None:
    """closing B1: it stays where the options are left out, and one of another workspace is refused."""
    program, calendar = Program(cast.ana), made(cast)
    rule = {"amount": 2, "unit": "days", "reason": "Nada", "account_ids": [cast.chat.pk]}
    saved = program.ask("POST", "/rules", {**rule, "options": {"calendar_id": calendar.pk}}).json()
    assert saved["options"]["calendar_id"] == calendar.pk
    again = program.ask("PUT", f"/rules/{saved['id']}", {**rule, "amount": 3, "version": 1}).json()
    assert again["options"]["calendar_id"] == calendar.pk
    for wrong in (made(carla).pk, 10**9):
        refused = program.ask(
            "PUT", f"/rules/{saved['id']}", {**rule, "version": 2, "options": {"calendar_id": wrong}}
        )
        assert refused.status_code == 422
        assert "options.calendar_id" in str(refused.json()["errors"])
