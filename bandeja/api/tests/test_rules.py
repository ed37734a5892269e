"""Rules by API: all that their cards have, changed whole or in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bandeja.api.models import Scope
from bandeja.api.tests.programs import Program
from bandeja.closing import coverage
from bandeja.closing.models import Coverage, Rule
from bandeja.conversations import fields, tags
from bandeja.conversations.models import Tag
from bandeja.people import teams
from bandeja.people.models import Agent, AuditEntry, Plan, Role, Subject, Workspace
from tests.cast import Cast

pytestmark = pytest.mark.django_db

WARNS = {"warnings": [{"amount": 5, "unit": "minutes"}]}
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
    assert (answer.status_code, answer["etag"]) == (200, program.ask("GET", address)["etag"])
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


def test_if_match_is_read_as_rfc_9110_has_it(cast: Cast, program: Program) -> None:
    """Any that is there, one of some, and weak for whoever is behind a proxy that compresses; else it is no tag."""
    address = f"/rules/{cast.rule(amount=9).pk}"
    said: dict[str, object] = {"unit": "hours", "reason": "Nada", "account_ids": [cast.chat.pk]}
    asked: list[tuple[str, dict[str, object]]] = [("PATCH", {}), ("PUT", said)]
    for amount, (method, rest) in enumerate(asked * 2, 1):
        for n, fits in enumerate(("*", "{}", "W/{}", '"x" , {}')):
            etag = fits.format(program.ask("GET", address)["etag"])
            changed = program.ask(method, address, {**rest, "amount": amount * 10 + n}, if_match=etag)
            assert (changed.status_code, changed.json()["amount"]) == (200, amount * 10 + n), etag
        for past in ('"x"', '""', '"1", W/"2"'):
            assert program.ask(method, address, {**rest, "amount": 1}, if_match=past).status_code == 412
        for none in ("1", "nada", '"1" "2"', '*, "1"', "", '"1'):
            assert program.ask(method, address, {**rest, "amount": 1}, if_match=none).status_code == 400
    assert program.ask("PATCH", "/rules/999999", {}, if_match="*").status_code == 404


def test_the_etag_of_a_rule_is_another_whenever_anything_told_of_it_is(cast: Cast, program: Program) -> None:
    """Also what changes without a save: a team that its options name is deleted."""
    team = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    address = f"/rules/{cast.rule().pk}"
    program.ask("PATCH", address, {"options": {"waiting": "give", "waiting_team_id": team.pk}})
    before = program.ask("GET", address)
    teams.delete(team, by=cast.ana)
    now = program.ask("GET", address, if_none_match=before["etag"])
    assert (now.status_code, now.json()["options"]["waiting_team_id"]) == (200, None)
    assert now.json()["version"] == before.json()["version"]
    assert program.ask("PATCH", address, {"amount": 5}, if_match=before["etag"]).status_code == 412
    assert program.ask("PATCH", address, {"amount": 5}, if_match=now["etag"]).status_code == 200
    assert program.ask("GET", address, if_none_match=now["etag"]).status_code == 200


def test_a_patch_keeps_the_cover(cast: Cast, program: Program) -> None:
    """closing R7: accounts that stay are covered without a gap, and clocks run on."""
    rule, conversation = cast.rule(amount=2, unit="hours"), cast.write()
    since = Coverage.objects.get(rule=rule).covered_since
    before = program.get(f"/conversations/{conversation.pk}")["closes_at"]
    program.ask("PATCH", f"/rules/{rule.pk}", {"reason": "Otra"})
    assert Coverage.objects.get(rule=rule).covered_since == since
    assert program.get(f"/conversations/{conversation.pk}")["closes_at"] == before


def test_a_patch_that_changes_nothing_is_no_version(cast: Cast, program: Program) -> None:
    """Also where what it names was deleted since."""
    saved = with_everything(cast, program)
    address = f"/rules/{saved['id']}"
    same = {"name": saved["name"], "amount": 2, "account_ids": [cast.chat.pk] * 2, "options": {"since": "either"}}
    nothing: list[dict[str, object]] = [{}, {"options": {}}, {"name": ""}, same, {"version": 1}]
    for said in nothing:
        answer = program.ask("PATCH", address, said)
        assert (answer.status_code, answer.json()) == (200, saved)
    Tag.objects.filter(pk__in=saved["options"]["exempt_tag_ids"]).delete()
    assert program.ask("PATCH", address, {}).json()["version"] == 1
    assert AuditEntry.objects.filter(subject=Subject.RULE, subject_id=saved["id"]).count() == 1


def test_a_patch_of_a_version_that_is_past_is_refused(cast: Cast, program: Program) -> None:
    """closing R4; without a version it is of the rule as it is."""
    address = f"/rules/{cast.rule().pk}"
    was = program.ask("GET", address)["etag"]
    now = program.ask("PATCH", address, {"amount": 3}, if_match=was)
    assert now.json()["version"] == 2
    assert program.ask("PATCH", address, {"amount": 4}, if_match=was).status_code == 412
    assert program.ask("PATCH", address, {"amount": 4, "version": 1}).status_code == 412
    for both in (now["etag"], "*"):
        assert program.ask("PATCH", address, {"amount": 4, "version": 1}, if_match=both).status_code == 412
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
        ({"options": {"waiting": "give", "waiting_team_id": 0}}, "options.waiting_team_id"),
        ({"options": {"exempt_field_id": 0, "exempt_value": "Oro"}}, "options.exempt_field_id"),
        ({"options": {"exempt_tag_ids": [10**9]}}, "options.exempt_tag_ids"),
        ({"options": {"farewell_texts": {"es": "Gracias", "fr": "Merci"}}}, "options.farewell_texts.fr"),
        ({"options": {"farewell_texts": {"es": "Gracias", "pt_br": "Obrigado"}}}, "options.farewell_texts.pt_br"),
        ({"options": {"farewell_texts": {"es": "\ud800"}}}, "options.farewell_texts.es"),
        ({"options": {"farewell_texts": {"x" * 11: "Hola"}}}, f"options.farewell_texts.{'x' * 11}"),
        ({"options": {**WARNS, "warning_texts": {"es": "Ya", "amount_1": "Ya"}}}, "options.warning_texts.amount_1"),
        (
            {"options": {"warnings": [{"amount": 1, "unit": "hours"}], "warning_texts": {"es": "Ya"}}},
            "options.warnings.0",
        ),
        ({"options": {"farewell_texts": {"en": "Bye"}}}, "options.farewell_texts.es"),
        ({"options": {"unheard": {"amount": 366, "unit": "days"}}}, "options.unheard"),
        ({"options": {"calendar": 1}}, "options.calendar"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_patch_is_said_field_by_field(
    cast: Cast, program: Program, said: dict[str, object], field: str
) -> None:
    rule = cast.rule(amount=1, unit="hours")
    refused = program.ask("PATCH", f"/rules/{rule.pk}", said)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])
    assert Rule.objects.get(pk=rule.pk).version == 1


def test_what_is_wrong_with_several_fields_is_said_at_each_of_them_as_of_a_new_rule(
    cast: Cast, program: Program
) -> None:
    """What no rule may say, and what cannot be had here."""
    address = f"/rules/{cast.rule(amount=1, unit='hours').pk}"
    new = {"amount": 1, "unit": "hours", "reason": "Nada", "account_ids": [cast.chat.pk], "active": False}
    shapeless: dict[str, Any] = {
        "since": "x",
        "waiting": None,
        "odd": 1,
        "warning_texts": {"es": 1, "en": None},
        "farewell_texts": [],
    }
    unheld: dict[str, Any] = {
        "calendar_id": 10**9, "exempt_tag_ids": [10**9], "waiting": "give",
        "unheard": {"amount": 366, "unit": "days"},
        "warnings": [{"amount": 1, "unit": "minutes"}, {"amount": 5, "unit": "minutes"}],
    }  # fmt: skip
    wrong: list[tuple[dict[str, Any], set[str]]] = [
        ({"amount": 0, "unit": "x", "options": shapeless}, {
            "amount", "unit", "options.since", "options.waiting", "options.odd", "options.warning_texts.es",
            "options.warning_texts.en", "options.farewell_texts",
        }),
        ({"reason": "\u200b", "account_ids": [10**9], "options": unheld}, {
            "reason", "account_ids", "options.calendar_id", "options.exempt_tag_ids", "options.waiting_agent_id",
            "options.unheard", "options.warnings.1", "options.warning_texts.es",
        }),
    ]  # fmt: skip
    for said, named in wrong:
        answers = program.ask("POST", "/rules", {**new, **said}), program.ask("PATCH", address, said)
        told = [{each["field"] for each in answer.json()["errors"]} for answer in answers]
        assert told == [named, named]


def test_what_is_another_workspaces_is_refused_in_the_words_for_what_is_nothing(
    cast: Cast, carla: Cast, program: Program
) -> None:
    """Else programs could tell what there is elsewhere."""
    address, nothing = f"/rules/{cast.rule().pk}", 10**9
    team = teams.save(carla.workspace, "Norte", members=set(), leaders=set(), by=None).pk
    calendar = Program(carla.ana).ask("POST", "/calendars", {"name": "Suya", "time_zone": "UTC", "week": WEEK}).json()
    field = fields.make(carla.workspace.pk, "Plan", "text").pk
    theirs: dict[str, Callable[[int], dict[str, object]]] = {
        "exempt_tag_ids": lambda of: {"exempt_tag_ids": [of]},
        "exempt_owner_ids": lambda of: {"exempt_owner_ids": [of]},
        "exempt_field_id": lambda of: {"exempt_field_id": of, "exempt_value": "Oro"},
        "waiting_agent_id": lambda of: {"waiting": "give", "waiting_agent_id": of},
        "waiting_team_id": lambda of: {"waiting": "give", "waiting_team_id": of},
        "calendar_id": lambda of: {"calendar_id": of},
    }
    ids = {
        "exempt_tag_ids": tags.make(carla.workspace.pk, "VIP").pk, "exempt_owner_ids": carla.ana.pk,
        "exempt_field_id": field, "waiting_agent_id": carla.ana.pk, "waiting_team_id": team,
        "calendar_id": calendar["id"],
    }  # fmt: skip
    asked: list[tuple[object, object]] = [
        ({"options": theirs[name](of)}, {"options": theirs[name](nothing)}) for name, of in ids.items()
    ]
    asked.append(({"account_ids": [carla.chat.pk]}, {"account_ids": [nothing]}))
    for said, of_nothing in asked:
        one, other = (program.ask("PATCH", address, each) for each in (said, of_nothing))
        assert (one.status_code, one.content) == (422, other.content), said


def test_a_save_is_not_refused_for_what_it_leaves_as_it_was(cast: Cast, program: Program) -> None:
    """A team and a tag that were deleted since, somebody who left, another language, and a calendar with holidays."""
    saved = with_everything(cast, program)
    address, told = f"/rules/{saved['id']}", saved["options"]
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    Tag.objects.filter(pk__in=told["exempt_tag_ids"]).delete()
    Workspace.objects.filter(pk=cast.workspace.pk).update(language="en")
    changed = program.ask("PATCH", address, {"reason": "Otra"})
    assert (changed.status_code, changed.json()["options"]) == (200, {**told, "exempt_tag_ids": []})
    whole = {"amount": 3, "unit": "days", "reason": "Más", "account_ids": [cast.chat.pk], "version": 2}
    assert program.ask("PUT", address, whole).status_code == 200
    team = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    given = {"options": {"waiting_agent_id": None, "waiting_team_id": team.pk}}
    assert program.ask("PATCH", address, given).json()["options"]["waiting_team_id"] == team.pk
    teams.delete(team, by=cast.ana)
    assert program.ask("PATCH", address, {"amount": 4}).json()["options"]["waiting_team_id"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"waiting_agent_id": 10**9}, "options.waiting_agent_id"),
        ({"waiting_team_id": 10**9}, "options.waiting_team_id"),
        ({"farewell_texts": {"pt-br": "Obrigado"}}, "options.farewell_texts.en"),
        ({"warnings": [{"amount": 1, "unit": "hours"}]}, "options.warning_texts.en"),
    ],
)
def test_what_it_changes_is_judged_as_ever(cast: Cast, program: Program, said: dict[str, object], field: str) -> None:
    address = f"/rules/{with_everything(cast, program)['id']}"
    Rule.objects.update(waiting_agent=None)
    Workspace.objects.filter(pk=cast.workspace.pk).update(language="en")
    refused = program.ask("PATCH", address, {"options": said})
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])


def test_to_whom_it_is_given_is_a_person_or_a_team_and_both_are_named_where_both_are_said(
    cast: Cast, program: Program
) -> None:
    team = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None).pk
    both = {"waiting": "give", "waiting_agent_id": cast.bruno.pk, "waiting_team_id": team}
    refused = program.ask("PATCH", f"/rules/{cast.rule().pk}", {"options": both}).json()["errors"]
    assert [each["field"] for each in refused] == ["options.waiting_agent_id", "options.waiting_team_id"]


def test_what_pydantic_has_no_sentence_of_ours_for_is_told_in_the_language_asked_for(
    cast: Cast, program: Program
) -> None:
    said = {"reason": "\ud800"}
    refused = program.ask("PATCH", f"/rules/{cast.rule().pk}", said, accept_language="es").json()["errors"]
    assert refused == [{"field": "reason", "detail": "Tiene caracteres que no se pueden guardar."}]


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
