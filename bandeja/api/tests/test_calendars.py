"""Business hours by API: made, changed, deleted and read, and named by a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bandeja.api.models import Scope
from bandeja.api.tests.programs import Program
from bandeja.closing import calendars
from bandeja.hours.drafts import Draft
from bandeja.hours.models import Calendar
from bandeja.people.models import Action, Agent, AuditEntry, Role, Subject
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

OVERLAPPING = {"on": "2026-12-23", "hours": [{"opens": "09:00", "closes": "12:00"}] * 2}
WEEK = [[(540, 780), (900, 1_080)], *[[]] * 3, [(1_320, 1_800)], [], [(0, 1_440)]]


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


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


def office(**changes: object) -> dict[str, object]:
    """A calendar as a program says it."""
    day = [{"opens": "09:00", "closes": "13:00"}, {"opens": "15:00", "closes": "18:00"}]
    said = {"name": "Oficina", "time_zone": "America/Santiago", "week": [day] * 5 + [[]] * 2, "country": "CL"}
    return {**said, **changes}


def test_a_calendar_is_saved_from_the_version_that_was_read(cast: Cast, program: Program) -> None:
    """closing B5"""
    added = program.ask("POST", "/calendars", office())
    assert (added.status_code, added.json()["version"]) == (201, 1)
    was = added["etag"]
    address = added["location"].removeprefix("/api/v1")
    told = program.get(address)
    assert told == added.json()
    assert {**told, **office()} == told
    assert program.ask("GET", address, if_none_match=was).status_code == 304
    assert program.ask("PUT", address, office(name="Tienda")).status_code == 428
    assert program.ask("PUT", address, office(name="Tienda"), if_match=was).json()["version"] == 2
    assert program.ask("PUT", address, office(version=1)).status_code == 412
    assert program.ask("PUT", address, office(), if_match=was).status_code == 412
    assert program.ask("PUT", address, office(version=2), if_match=was).status_code == 412
    assert program.ask("PUT", address, office(), if_match="2").status_code == 400
    assert program.get(address)["name"] == "Tienda"
    assert program.ask("PUT", address, office(name="Local"), if_match="*").json()["version"] == 3
    assert (program.ask("DELETE", address).status_code, program.get("/calendars")) == (204, [])
    assert program.ask("DELETE", address).status_code == 404
    changes = AuditEntry.objects.filter(subject=Subject.CALENDAR).order_by("pk")
    assert [(each.action, each.agent_id) for each in changes] == [
        (action, cast.ana.pk) for action in (Action.CREATED, Action.CHANGED, Action.CHANGED, Action.DELETED)
    ]


def test_a_calendar_that_was_read_is_saved_as_it_was(cast: Cast, program: Program) -> None:
    """Hours over midnight and round the clock are told as they are taken."""
    address = f"/calendars/{made(cast).pk}"
    told = program.get(address)
    said = {name: told[name] for name in ("name", "time_zone", "week", "country", "subdivision", "exceptions")}
    again = program.ask("PUT", address, {**said, "version": 1}).json()
    assert {**again, "version": 1, "saved_at": told["saved_at"]} == told
    until_midnight = program.ask(
        "POST", "/calendars", office(name="Otra", week=[[{"opens": "09:00", "closes": "24:00"}]] * 7)
    )
    assert until_midnight.json()["week"][0] == [{"opens": "09:00", "closes": "00:00"}]


def test_a_calendar_asked_for_twice_under_one_key_is_made_once(program: Program) -> None:
    first, second = (program.ask("POST", "/calendars", office(), idempotency_key="uno") for _ in range(2))
    assert (first.json(), first["etag"], first["location"]) == (second.json(), second["etag"], second["location"])
    assert Calendar.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "\u200b"}, "name"),
        ({"name": "TIENDA"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"time_zone": "America/Macondo"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"country": "cl"}, "country"),
        ({"subdivision": "ZZZ"}, "subdivision"),
        ({"country": "XX", "subdivision": "RM"}, "country"),
        ({"week": [[]] * 7}, "week"),
        ({"week": [[]] * 6}, "week"),
        ({"week": [[{"opens": "09:00", "closes": "25:00"}], *[[]] * 6]}, "week.0.0.closes"),
        ({"week": [[{"opens": "9", "closes": "18:00"}], *[[]] * 6]}, "week.0.0.opens"),
        ({"week": [[], [{"opens": "09:00", "closes": "18:00"}] * 2, *[[]] * 5]}, "week.1"),
        ({"week": [[{"opens": "09:00", "closes": "09:00"}] * 7, *[[]] * 6]}, "week.0"),
        ({"exceptions": [{"on": "2026-02-30", "hours": []}]}, "exceptions.0.on"),
        ({"exceptions": [{"on": 1_700_000_000, "hours": []}]}, "exceptions.0.on"),
        ({"exceptions": [{"on": "2026-12-24T00:00:00", "hours": []}]}, "exceptions.0.on"),
        ({"exceptions": [{"on": "2026-12-24", "hours": []}] * 2}, "exceptions.1.on"),
        ({"exceptions": [{"on": "2026-12-24", "hours": []}, OVERLAPPING]}, "exceptions.1.hours"),
        ({"exceptions": [{"on": "2026-12-24"}]}, "exceptions.0.hours"),
        ({"version": 0}, "version"),
        ({"open": True}, "open"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_said_field_by_field(
    program: Program, changes: dict[str, object], field: str
) -> None:
    assert program.ask("POST", "/calendars", office(name="Tienda")).status_code == 201
    refused = program.ask("POST", "/calendars", office(**changes))
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])
    assert Calendar.objects.count() == 1


def test_a_calendar_that_a_rule_counts_by_is_not_deleted(cast: Cast, program: Program) -> None:
    """closing B5, B6: nor cut so short that the rule's time would take years; on and off alike."""
    calendar = made(cast)
    rule = {"amount": 300, "unit": "days", "reason": "Nada", "account_ids": [cast.chat.pk], "name": "Ventas"}
    saved = program.ask("POST", "/rules", {**rule, "options": {"calendar_id": calendar.pk}}).json()
    program.ask("DELETE", f"/rules/{saved['id']}/activation")
    refused = program.ask("DELETE", f"/calendars/{calendar.pk}")
    assert (refused.status_code, "Ventas" in refused.json()["detail"]) == (409, True)
    short = office(week=[[{"opens": "09:00", "closes": "10:00"}], *[[]] * 6], version=1)
    refused = program.ask("PUT", f"/calendars/{calendar.pk}", short)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "week")
    assert "Ventas" in refused.json()["detail"]
    program.ask("DELETE", f"/rules/{saved['id']}")
    assert program.ask("DELETE", f"/calendars/{calendar.pk}").status_code == 204


def test_the_next_days_of_a_calendar_are_told(cast: Cast, program: Program, clock: Clock) -> None:
    clock.set(datetime(2026, 12, 23, 12, tzinfo=UTC))
    days = program.get(f"/calendars/{made(cast).pk}/days", accept_language="es")
    assert (len(days), days[0]["on"]) == (14, "2026-12-23")
    assert days[1] == {
        "on": "2026-12-24", "hours": [{"opens": "09:00", "closes": "12:00"}], "holiday": "", "is_exception": True,
    }  # fmt: skip
    assert (days[2]["hours"], bool(days[2]["holiday"]), days[2]["is_exception"]) == ([], True, False)
    assert days[5]["hours"] == [{"opens": "09:00", "closes": "13:00"}, {"opens": "15:00", "closes": "18:00"}]


def test_calendars_take_the_permission_and_the_scope(cast: Cast, carla: Cast) -> None:
    """closing R4: and another workspace's are not there."""
    address, theirs = f"/calendars/{made(cast).pk}", Program(carla.ana)
    asked = [
        ("GET", "/calendars", None), ("POST", "/calendars", office()), ("GET", address, None),
        ("GET", f"{address}/days", None), ("PUT", address, office(version=1)), ("DELETE", address, None),
    ]  # fmt: skip
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["see_all"])
    bruno = Program(Agent.objects.get(pk=cast.bruno.pk))
    reader = Program(cast.ana, Scope.READ_RULES)
    for method, path, body in asked:
        assert bruno.ask(method, path, body).status_code == 403
        assert (reader.ask(method, path, body).status_code == 403) == (method != "GET")
        if path != "/calendars":
            assert theirs.ask(method, path, body).status_code == 404
    assert Calendar.objects.get().version == 1
