"""What the closing pages know, by API: cover, punctuality, setbacks, hindsight, and what was done of late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.api.models import Scope
from bandeja.api.tests.programs import Program
from bandeja.closing import coverage, looking, preview, rules
from bandeja.closing.models import Rule, Setback
from bandeja.closing.tests.deeds import swept
from bandeja.conversations.models import Conversation
from bandeja.people.models import Action, Agent, AuditEntry, Permission, Plan, Role
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def who_may(cast: Cast, *permissions: Permission) -> Program:
    """Bruno, with these permissions and no others."""
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=[each.value for each in permissions])
    return Program(Agent.objects.get(pk=cast.bruno.pk))


def set_aside(cast: Cast, clock: Clock) -> Conversation:
    """One that was due and could not be closed: it is looked at again in an hour."""
    conversation = cast.write()
    clock.advance(minutes=2)
    Setback.objects.create(
        conversation_id=conversation.pk, workspace_id=cast.workspace.pk, error="disk full", at=clock.now()
    )
    Conversation.objects.filter(pk=conversation.pk).update(look_at=clock.now() + timedelta(hours=1))
    return conversation


def test_what_covers_each_account_is_told(cast: Cast, carla: Cast, program: Program, clock: Clock) -> None:
    clock.set(NOON)
    carla.rule()
    cast.write("noa")
    clock.advance(minutes=1)
    rule = cast.rule(amount=2, unit="hours")
    cast.write("lia")
    [told] = program.get("/coverage")["accounts"]
    assert told == {
        "account_id": cast.chat.pk, "rule_id": rule.pk, "idle_rule_ids": [], "running": 1, "soon": 1, "due": 0,
        "includable": 1, "without": [{"standing": "older", "count": 1}],
    }  # fmt: skip
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    [told] = program.get("/coverage")["accounts"]
    assert (told["rule_id"], told["idle_rule_ids"], told["running"]) == (None, [rule.pk], 0)


def test_how_late_rules_close_is_told(cast: Cast, program: Program, clock: Clock) -> None:
    """closing C7"""
    clock.set(NOON)
    cast.rule()
    cast.write()
    clock.advance(seconds=63)
    swept()
    told = program.get("/punctuality")
    assert told["day"] == told["month"] == {
        "count": 1, "in_time": 0, "median": 3.0, "most": 3.0, "worst": 3.0, "is_bounded": False,
    }  # fmt: skip
    clock.advance(days=2)
    assert program.get("/punctuality")["day"] == {
        "count": 0, "in_time": 0, "median": None, "most": None, "worst": None, "is_bounded": False,
    }  # fmt: skip


def test_what_could_not_be_closed_is_tried_again(cast: Cast, carla: Cast, program: Program, clock: Clock) -> None:
    """closing D6: only what had stepped aside, and only one's own workspace's."""
    clock.set(NOON)
    cast.rule()
    carla.rule()
    aside, theirs, fine = set_aside(cast, clock), set_aside(carla, clock), cast.write("noa")
    [told] = program.get("/setbacks")
    assert (told["conversation_id"], told["failures"], told["error"]) == (aside.pk, 1, "disk full")
    body = {"conversation_ids": [aside.pk, theirs.pk, fine.pk, 10**12]}
    assert program.ask("POST", "/setbacks/retries", body).json() == {"conversation_ids": [aside.pk]}
    swept()
    assert Conversation.objects.get(pk=aside.pk).status == "closed"
    assert Conversation.objects.get(pk=fine.pk).status == "open"
    assert AuditEntry.objects.get(action=Action.CLOSING_RETRIED).agent_id == cast.ana.pk
    assert program.ask("POST", "/setbacks/retries", {"conversation_ids": []}).status_code == 422


def test_which_could_not_be_closed_is_for_who_may_read_conversations(cast: Cast, clock: Clock) -> None:
    clock.set(NOON)
    cast.rule()
    aside = set_aside(cast, clock)
    refused = Program(cast.ana, Scope.READ_RULES).ask("GET", "/setbacks")
    assert (refused.status_code, "conversations:read" in refused.json()["detail"]) == (403, True)
    [told] = Program(cast.ana, Scope.READ_RULES, Scope.READ_CONVERSATIONS).get("/setbacks")
    assert told["conversation_id"] == aside.pk


def test_each_takes_the_permissions_of_the_page(cast: Cast) -> None:
    closing = who_may(cast, Permission.MANAGE_CLOSING)
    assert closing.ask("GET", "/coverage").status_code == 200
    retry = {"conversation_ids": [1]}
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/punctuality", None), ("GET", "/setbacks", None), ("POST", "/setbacks/retries", retry)
    ]  # fmt: skip
    assert {closing.ask(*each).status_code for each in asked} == {403}
    both = who_may(cast, Permission.MANAGE_CLOSING, Permission.MANAGE_ACCOUNTS)
    assert {both.ask(*each).status_code for each in asked} == {200}
    neither = who_may(cast, Permission.SEE_ALL)
    body = {"amount": 1, "unit": "hours", "account_ids": [cast.chat.pk]}
    for method, path, said in [
        *asked, ("GET", "/coverage", None), ("POST", "/rules/preview", body), ("GET", "/pauses/faults", None),
        ("PUT", "/pauses/faults", {"pause": False}),
    ]:  # fmt: skip
        assert neither.ask(method, path, said).status_code == 403
    reader = Program(cast.ana, Scope.READ_RULES)
    assert reader.ask("POST", "/setbacks/retries", retry).status_code == 403
    assert reader.ask("PUT", "/pauses/faults", {"pause": False}).status_code == 403


def history(cast: Cast, clock: Clock) -> Conversation:
    """Lía writes, is silent for three hours, and writes again; nobody answers."""
    clock.set(NOON)
    cast.write("lia")
    clock.advance(hours=3)
    lia = cast.write("lia")
    clock.advance(hours=3)
    return lia


def test_what_a_rule_would_have_done_is_told(cast: Cast, program: Program, clock: Clock) -> None:
    """closing P1, P3: the totals are of all, the list is of what the token and its person may see."""
    lia = history(cast, clock)
    body = {"amount": 2, "unit": "hours", "account_ids": [cast.chat.pk]}
    told = program.ask("POST", "/rules/preview", body, idempotency_key="uno").json()
    counted = {
        "closings": 2,
        "conversations": 1,
        "back_in_an_hour": 1,
        "back_in_a_day": 1,
        "unanswered": 2,
        "a_day": 2,
    }
    assert {name: told[name] for name in counted} == counted
    assert told["days"] == [{"on": "2030-01-01", "closings": 2}]
    assert {each["conversation_id"] for each in told["latest"]} == {lia.pk}
    assert told["latest"][0]["back_at"] is None
    assert told["silences"] == {"total": 1, "late": 1.0, "suggested": None}
    assert not Rule.objects.exists()
    short = Program(cast.ana, Scope.READ_RULES).ask("POST", "/rules/preview", body).json()
    assert (short["closings"], short["latest"]) == (2, [])
    blind = who_may(cast, Permission.MANAGE_CLOSING).ask("POST", "/rules/preview", body).json()
    assert (blind["closings"], blind["latest"]) == (2, [])
    spared = {**body, "options": {"waiting": "tell"}}
    assert program.ask("POST", "/rules/preview", spared).json()["closings"] == 0


def test_of_very_many_one_in_so_many_is_looked_at_and_that_is_said(
    cast: Cast, program: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(cast, clock)
    cast.write("noa")
    body = {"amount": 2, "unit": "hours", "account_ids": [cast.chat.pk]}
    assert program.ask("POST", "/rules/preview", body).json()["every"] == 1
    monkeypatch.setattr(preview, "MOST_READ", 1)
    monkeypatch.setattr(preview, "PART", 1)
    told = program.ask("POST", "/rules/preview", body).json()
    assert (told["every"], told["closings"] % 2) == (2, 0)


def test_with_business_hours_it_says_nothing_of_silences(cast: Cast, program: Program, clock: Clock) -> None:
    """closing B7"""
    history(cast, clock)
    week = [[{"opens": "12:00", "closes": "13:00"}]] * 7
    hours = program.ask("POST", "/calendars", {"name": "Oficina", "time_zone": "UTC", "week": week}).json()["id"]
    body = {"amount": 2, "unit": "hours", "account_ids": [cast.chat.pk], "options": {"calendar_id": hours}}
    told = program.ask("POST", "/rules/preview", body).json()
    assert (told["closings"], told["silences"]) == (0, None)


def test_a_rule_that_cannot_be_had_is_not_looked_back_for(
    cast: Cast, carla: Cast, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"amount": 2, "unit": "hours", "account_ids": [cast.chat.pk]}
    wrong: dict[str, dict[str, object]] = {
        "account_ids": {"account_ids": [carla.chat.pk]},
        "amount": {"amount": 366, "unit": "days"},
        "options.waiting_agent_id": {"options": {"waiting": "give"}},
        "options.waiting_team_id": {"options": {"waiting": "give", "waiting_team_id": 10**9}},
        "options.exempt_owner_ids": {"options": {"exempt_owner_ids": [carla.ana.pk]}},
        "options.calendar_id": {"options": {"calendar_id": 10**9}},
    }
    for field, said in wrong.items():
        refused = program.ask("POST", "/rules/preview", {**body, **said})
        assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])

    def too_much(*_args: object, **_named: object) -> None:
        raise looking.TooMuch

    monkeypatch.setattr(preview, "looking", too_much)
    assert program.ask("POST", "/rules/preview", body).status_code == 503
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert program.ask("POST", "/rules/preview", body).status_code == 403


def test_what_may_be_taken_back_and_what_was_is_listed(
    cast: Cast, carla: Cast, program: Program, clock: Clock
) -> None:
    """closing U1: each of their own workspace, of what they may."""
    clock.set(NOON)
    rule = cast.rule(name="Ventas")
    cast.write()
    clock.advance(minutes=1)
    swept()
    [source] = program.get("/undoings/sources")
    assert {**source, "at": ""} == {"kind": "rule", "id": rule.pk, "name": "Ventas", "count": 1, "at": ""}
    job = program.ask("POST", "/undoings", {"rule_id": rule.pk}).json()
    assert [each["id"] for each in program.get("/undoings")] == [job["id"]]
    theirs, blind = Program(carla.ana), who_may(cast, Permission.SEE_ALL)
    for each in (theirs, blind):
        assert each.get("/undoings") == each.get("/undoings/sources") == []


def test_inclusions_of_a_rule_are_listed(cast: Cast, carla: Cast, program: Program) -> None:
    rule = cast.rule()
    job = program.ask("POST", f"/rules/{rule.pk}/inclusions").json()
    assert program.get(f"/rules/{rule.pk}/inclusions") == [job]
    assert Program(carla.ana).ask("GET", f"/rules/{rule.pk}/inclusions").status_code == 404


def test_whether_faults_pause_closing_is_said(cast: Cast, program: Program) -> None:
    """closing H4"""
    assert program.get("/pauses/faults") == {"pause": True}
    assert program.ask("PUT", "/pauses/faults", {"pause": False}).json() == {"pause": False}
    assert program.get("/pauses/faults") == {"pause": False}
    assert program.ask("PUT", "/pauses/faults", {"pause": "no"}).status_code == 422
