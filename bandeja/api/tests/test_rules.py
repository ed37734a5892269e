"""Rules by API: all that their cards have, changed whole or in part."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.api.models import Scope
from bandeja.api.tests.programs import Program
from bandeja.closing import coverage
from bandeja.closing.models import Coverage, Rule
from bandeja.conversations import tags
from bandeja.people.models import Agent, AuditEntry, Plan, Role, Subject
from tests.cast import Cast

pytestmark = pytest.mark.django_db

WEEK = [[{"opens": "09:00", "closes": "18:00"}]] * 5 + [[]] * 2


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def with_everything(cast: Cast, program: Program) -> dict[str, Any]:
    """A rule that has been told all there is, as it is answered."""
    hours = program.ask("POST", "/calendars", {"name": "Oficina", "time_zone": "UTC", "week": WEEK}).json()["id"]
    options = {
        "since": "either", "waiting": "give", "waiting_agent_id": cast.bruno.pk, "calendar_id": hours,
        "exempt_tag_ids": [tags.make(cast.workspace.pk, "VIP").pk], "exempt_owner_ids": [cast.ana.pk],
        "warnings": [{"amount": 30, "unit": "minutes"}], "warning_texts": {"es": "Cerramos en {{tiempo}}"},
        "farewell_texts": {"es": "Gracias"}, "unheard": {"amount": 3, "unit": "days"},
    }  # fmt: skip
    said = {"amount": 2, "unit": "days", "reason": "Nada", "account_ids": [cast.chat.pk], "options": options}
    saved: dict[str, Any] = program.ask("POST", "/rules", said).json()
    assert {**saved["options"], **options} == saved["options"]
    return saved


def test_a_patch_changes_only_what_it_says(cast: Cast, program: Program) -> None:
    saved = with_everything(cast, program)
    address = f"/rules/{saved['id']}"
    answer = program.ask("PATCH", address, {"amount": 3})
    assert (answer.status_code, answer["etag"]) == (200, '"2"')
    same = {"version": 1, "saved_at": saved["saved_at"]}
    assert {**answer.json(), **same, "amount": 2} == saved
    changed = program.ask("PATCH", address, {"options": {"since": "answer", "calendar_id": None}}).json()["options"]
    assert changed == {**saved["options"], "since": "answer", "calendar_id": None}
    changed = program.ask("PATCH", address, {"options": {"warnings": [], "exempt_tag_ids": []}}).json()["options"]
    assert (changed["warnings"], changed["warning_texts"], changed["exempt_tag_ids"]) == ([], {}, [])
    assert changed["unheard"] == {"amount": 3, "unit": "days"}
    assert program.ask("PATCH", address, {"options": {"unheard": None}}).json()["options"]["unheard"] is None
    assert changed["farewell_texts"] == {"es": "Gracias"}
    assert program.ask("PATCH", address, {"active": False, "name": "Ventas"}).json()["active"] is False
    assert program.get(address)["name"] == "Ventas"
    assert AuditEntry.objects.filter(subject=Subject.RULE, subject_id=saved["id"]).count() == 6


def test_a_rule_that_is_put_without_options_keeps_them_and_with_some_has_only_these(
    cast: Cast, program: Program
) -> None:
    saved = with_everything(cast, program)
    address = f"/rules/{saved['id']}"
    said = {"amount": 3, "unit": "days", "reason": "Nada", "account_ids": [cast.chat.pk]}
    assert program.ask("PUT", address, {**said, "version": 1}).json()["options"] == saved["options"]
    only = program.ask("PUT", address, {**said, "version": 2, "options": {"since": "either"}}).json()["options"]
    assert (only["since"], only["calendar_id"], only["warnings"], only["waiting"]) == ("either", None, [], "close")


def test_a_patch_keeps_the_cover(cast: Cast, program: Program) -> None:
    """closing R7: accounts that stay are covered without a gap, and clocks run on."""
    rule, conversation = cast.rule(amount=2, unit="hours"), cast.write()
    since = Coverage.objects.get(rule=rule).covered_since
    before = program.get(f"/conversations/{conversation.pk}")["closes_at"]
    program.ask("PATCH", f"/rules/{rule.pk}", {"reason": "Otra"})
    assert Coverage.objects.get(rule=rule).covered_since == since
    assert program.get(f"/conversations/{conversation.pk}")["closes_at"] == before


def test_a_patch_of_a_version_that_is_past_is_refused(cast: Cast, program: Program) -> None:
    """closing R4; without a version it is of the rule as it is."""
    address = f"/rules/{cast.rule().pk}"
    assert program.ask("PATCH", address, {"amount": 3}, if_match='"1"').json()["version"] == 2
    assert program.ask("PATCH", address, {"amount": 4}, if_match='"1"').status_code == 412
    assert program.ask("PATCH", address, {"amount": 4, "version": 1}).status_code == 412
    assert program.ask("PATCH", address, {"amount": 4}, if_match="nada").status_code == 412
    assert program.ask("PATCH", address, {"amount": 5, "version": 2}).json()["amount"] == 5
    assert program.ask("PATCH", address, {"amount": 6}).json()["version"] == 4
    once, again = (program.ask("PATCH", address, {"amount": 7}, idempotency_key="uno").json() for _ in range(2))
    assert (once, again["version"]) == (again, 5)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 366, "unit": "days"}, "amount"),
        ({"reason": " "}, "reason"),
        ({"account_ids": []}, "account_ids"),
        ({"options": {"calendar_id": 10**9}}, "options.calendar_id"),
        ({"options": {"waiting": "give"}}, "options.waiting_agent_id"),
        ({"options": {"waiting": "give", "waiting_agent_id": 0}}, "options.waiting_agent_id"),
        ({"options": {"waiting": "give", "waiting_team_id": 0}}, "options.waiting_agent_id"),
        ({"options": {"exempt_field_id": 0, "exempt_value": "Oro"}}, "options.exempt_field_id"),
        ({"options": {"farewell_texts": {"es": "Gracias", "fr": "Merci"}}}, "options.farewell_texts.fr"),
        ({"options": {"warnings": [{"amount": 1, "unit": "hours"}]}}, "options.warnings.0"),
        ({"options": {"farewell_texts": {"en": "Bye"}}}, "options.farewell_texts.es"),
        ({"options": {"unheard": {"amount": 366, "unit": "days"}}}, "options.unheard"),
        ({"options": {"calendar": 1}}, "options.calendar"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_patch_is_said_field_by_field(
    cast: Cast, program: Program, said: dict[str, object], field: str
) -> None:
    rule = cast.rule()
    refused = program.ask("PATCH", f"/rules/{rule.pk}", said)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert Rule.objects.get(pk=rule.pk).version == 1


def test_a_patch_finds_what_a_save_finds(cast: Cast, carla: Cast, program: Program) -> None:
    """Another rule's account, a plan without rules, another workspace, a role and a token that may not."""
    first = cast.rule(name="Ventas")
    said = {"amount": 2, "unit": "hours", "reason": "Nada", "account_ids": [cast.chat.pk], "active": False}
    address = f"/rules/{program.ask('POST', '/rules', said).json()['id']}"
    taken = program.ask("PATCH", address, {"active": True})
    assert (taken.status_code, "Ventas" in taken.json()["detail"]) == (409, True)
    assert Program(carla.ana).ask("PATCH", f"/rules/{first.pk}", {"amount": 2}).status_code == 404
    assert Program(cast.ana, Scope.READ_RULES).ask("PATCH", address, {"amount": 2}).status_code == 403
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["see_all"])
    bruno = Program(Agent.objects.get(pk=cast.bruno.pk))
    assert bruno.ask("PATCH", address, {"amount": 2}).status_code == 403
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert program.ask("PATCH", address, {"amount": 2}).status_code == 403
    program.ask("DELETE", address)
    assert program.ask("PATCH", address, {"amount": 2}).status_code == 404
