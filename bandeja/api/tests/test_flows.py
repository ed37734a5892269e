"""Flows by API, as the settings have them: told, published, turned on and off; and what their runs did."""

from __future__ import annotations

import pytest

from bandeja.api.models import Scope as TokenScope
from bandeja.api.tests.programs import Program
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import Scope
from bandeja.flows import flows, programs
from bandeja.flows.models import Flow, Run
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.people.models import AuditEntry, Permission, Subject
from tests.cast import Cast

pytestmark = pytest.mark.django_db

SAY = step("a", "send_text", text="Hola")


@pytest.fixture(autouse=True)
def unread() -> None:
    """Another database was read before this one, and its versions may have had the same ids."""
    programs.of.cache_clear()
    programs.definition.cache_clear()


@pytest.fixture
def engine(cast: Cast) -> Engine:
    return Engine(cast)


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def drafted(cast: Cast, *steps: object) -> Flow:
    return flows.make(cast.workspace, "Bienvenida", {"start": start(), "steps": list(steps)}, by=cast.ana)


def test_flows_are_told_with_what_is_wrong_with_their_drafts(cast: Cast, carla: Cast, program: Program) -> None:
    flow = drafted(cast, step("a", "send_text"))
    [listed] = program.get("/flows")
    assert (listed["id"], listed["active"], listed["version"], listed["drafted"]) == (flow.pk, False, None, True)
    told = program.get(f"/flows/{flow.pk}")
    assert told["draft"]["steps"][0]["kind"] == "send_text"
    assert [(each["step"], each["field"]) for each in told["faults"]] == [("a", "text")]
    assert Program(carla.ana).get("/flows") == []
    assert Program(carla.ana).ask("GET", f"/flows/{flow.pk}").status_code == 404


def test_a_flow_is_published_and_turned_on_and_off(cast: Cast, program: Program) -> None:
    flow = drafted(cast, SAY)
    address = f"/flows/{flow.pk}/activation"
    assert program.ask("PUT", address).status_code == 409
    published = program.ask("POST", f"/flows/{flow.pk}/publication").json()
    assert (published["version"], published["drafted"], published["published"]) == (1, False, published["draft"])
    switched = [program.ask(method, address).json()["active"] for method in ("PUT", "PUT", "DELETE", "DELETE")]
    assert switched == [True, True, False, False]
    told = AuditEntry.objects.filter(subject=Subject.FLOW).order_by("pk").values_list("action", flat=True)
    assert list(told) == ["created", "published", "changed", "changed"]


def test_what_is_wrong_is_told_step_by_step_and_nothing_is_published(cast: Cast, program: Program) -> None:
    flow = drafted(cast, step("a", "send_text"), step("b", "close"))
    refused = program.ask("POST", f"/flows/{flow.pk}/publication")
    assert (refused.status_code, flow.versions.count()) == (422, 0)
    assert [each["field"] for each in refused.json()["errors"]] == ["a.text", "b.reason"]


def test_what_runs_did_is_told_step_by_step(cast: Cast, engine: Engine, program: Program) -> None:
    vip = tags.make(cast.workspace.pk, "VIP")
    flow = engine.flow(start(), SAY, step("b", "untag", tags=[vip.pk]), name="Bienvenida")
    lia = cast.write("lia")
    engine.run()
    page = program.get(f"/flows/{flow.pk}/runs")
    assert program.get(f"/conversations/{lia.pk}/runs") == page
    [run] = page["items"]
    assert (run["state"], run["flow"]["name"], run["conversation_id"]) == ("done", "Bienvenida", lia.pk)
    assert [(each["step"], each["outcome"], each["why"]) for each in run["steps"]] == [
        ("a", "sent", ""), ("b", "skipped", "already"),
    ]  # fmt: skip
    assert program.get(f"/runs/{run['id']}") == run


def test_runs_come_in_pages(cast: Cast, engine: Engine, program: Program) -> None:
    flow = engine.flow(start(), SAY)
    for number in range(3):
        cast.write(f"c{number}")
    engine.run()
    first = program.get(f"/flows/{flow.pk}/runs?limit=2")
    rest = program.get(f"/flows/{flow.pk}/runs?limit=2&cursor={first['next']}")
    ids = [each["id"] for each in [*first["items"], *rest["items"]]]
    assert (ids, rest["next"]) == (sorted(Run.objects.values_list("pk", flat=True), reverse=True), None)


def test_a_run_that_is_held_back_goes_on_or_ends(
    cast: Cast, engine: Engine, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_FLOW_STEPS", "1")
    engine.flow(start(), SAY, step("b", "note", text="fin"))
    lia = cast.write("lia")
    engine.run()
    run = Run.objects.get()
    assert program.get(f"/runs/{run.pk}")["state"] == "parked"
    assert program.ask("POST", f"/runs/{run.pk}/going").json()["state"] == "running"
    engine.run()
    ended = program.ask("POST", f"/runs/{run.pk}/ending").json()
    assert (ended["state"], ended["why"]) == ("stopped", "person")
    assert program.ask("POST", f"/runs/{run.pk}/going").json()["state"] == "stopped"
    assert "fin" not in engine.notes(lia)


def test_flows_are_for_those_who_manage_them_and_their_tokens(cast: Cast, engine: Engine) -> None:
    flow = engine.flow(start(), SAY)
    lia = cast.write("lia")
    engine.run()
    for path in ("/flows", f"/flows/{flow.pk}", f"/flows/{flow.pk}/runs", f"/runs/{Run.objects.get().pk}"):
        assert Program(cast.bruno).ask("GET", path).status_code == 403, path
        assert Program(cast.ana, TokenScope.READ_CONVERSATIONS).ask("GET", path).status_code == 403, path
    assert len(Program(cast.bruno).get(f"/conversations/{lia.pk}/runs")["items"]) == 1
    assert Program(cast.ana, TokenScope.READ_FLOWS).ask("DELETE", f"/flows/{flow.pk}/activation").status_code == 403


def test_runs_in_conversations_out_of_sight_are_not_there(cast: Cast, engine: Engine) -> None:
    cast.bruno.role.permissions.append(Permission.MANAGE_FLOWS)
    cast.bruno.role.save()
    flow = engine.flow(start(), SAY)
    lia = cast.write("lia")
    engine.run()
    lifecycle.assign([lia.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    program, run = Program(cast.bruno), Run.objects.get()
    assert program.get(f"/flows/{flow.pk}/runs")["items"] == []
    assert program.ask("POST", f"/runs/{run.pk}/ending").status_code == 404
    assert program.ask("GET", f"/conversations/{lia.pk}/runs").status_code == 404


def test_a_flow_is_made_changed_and_deleted(cast: Cast, program: Program) -> None:
    made = program.ask("POST", "/flows", {"name": "Bienvenida"})
    address = made["location"].removeprefix("/api/v1")
    told = made.json()
    assert (made.status_code, told["active"], told["draft"]["steps"]) == (201, False, [])
    body = {"draft": {"start": start(), "steps": [SAY]}, "revision": told["revision"]}
    changed = program.ask("PUT", f"{address}/draft", body)
    assert (changed.status_code, changed.json()["draft"]["steps"][0]["told"]) == (200, {"text": "Hola"})
    assert program.ask("PUT", f"{address}/draft", body).status_code == 409
    assert program.ask("PATCH", address, {"name": "Saludo"}).json()["name"] == "Saludo"
    assert program.ask("POST", "/flows", {"name": "saludo"}).status_code == 422
    assert program.ask("DELETE", address).status_code == 204
    assert (program.ask("GET", address).status_code, Flow.objects.count()) == (404, 0)


@pytest.mark.parametrize(
    "draft",
    [
        {}, {"start": {"kind": "nothing"}}, {"start": {"kind": []}}, {"start": start(), "steps": {}},
        {"start": start(), "steps": [{**SAY, "told": {"text": "\x00"}}]}, {"start": start(), "steps": [SAY, SAY]},
        {"start": start(), "steps": [{**SAY, "told": {"text": "\ud800"}}]}, {"start": {"kind": "\ud800"}},
        {"start": start(), "steps": [{**SAY, "id": "\x00"}]}, {"start": start(), "steps": [{**SAY, "told": 5}]},
        {"start": start(), "steps": [step(f"s{number}", "stop") for number in range(61)]},
    ],
)  # fmt: skip
def test_what_is_no_flow_is_kept_nowhere(cast: Cast, program: Program, draft: object) -> None:
    assert program.ask("POST", "/flows", {"name": "Bienvenida", "draft": draft}).status_code == 422
    flow = drafted(cast, SAY)
    kept = program.ask("PUT", f"/flows/{flow.pk}/draft", {"draft": draft, "revision": 1})
    assert (kept.status_code, Flow.objects.get().revision) == (422, 1)


def test_there_are_as_many_flows_as_there_may_be(
    cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MOST", 1)
    drafted(cast, SAY)
    assert program.ask("POST", "/flows", {"name": "Otra"}).status_code == 409
