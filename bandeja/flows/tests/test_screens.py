"""The screens of flows, through their addresses: plain forms, what is wrong beside the step, and who may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bandeja.conversations.models import Conversation
from bandeja.flows import flows
from bandeja.flows.models import Flow, Run
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.inbox.tests.browser import Browser, words
from bandeja.people.models import AuditEntry
from tests.cast import Cast

PLAIN = {"HX-Request": ""}


@pytest.fixture
def ana(cast: Cast) -> Browser:
    return Browser(cast.ana)


def make(ana: Browser, sample: str = "blank") -> Flow:
    ana.post("/settings/flows", sample=sample)
    return Flow.objects.latest("pk")


def add(ana: Browser, flow: Flow, place: str, kind: str, **told: Any) -> Any:
    flow.refresh_from_db()
    return ana.post(f"/settings/flows/{flow.pk}/new/{place}/{kind}", revision=flow.revision, **told)


@pytest.mark.parametrize("sample", ["welcome", "profile", "survey", "away", "blank"])
def test_every_sample_makes_a_flow_that_is_shown(ana: Browser, sample: str) -> None:
    flow = make(ana, sample)
    seen = ana.see(f"/settings/flows/{flow.pk}")
    assert (flow.name in seen, flow.active) == (True, False)
    assert make(ana, sample).name == f"{flow.name} 2"


def test_steps_are_added_changed_moved_and_deleted(ana: Browser) -> None:
    flow = make(ana)
    add(ana, flow, "main", "if_open")
    add(ana, flow, "s1-yes", "note", text="Hola")
    add(ana, flow, "main", "note", text="Fin")
    flow.refresh_from_db()
    ana.post(f"/settings/flows/{flow.pk}/steps/s2", revision=flow.revision, text="Buenas")
    ana.post(f"/settings/flows/{flow.pk}/steps/s3/moving", up="1")
    flow.refresh_from_db()
    (decision,) = flow.draft["steps"]
    assert [each["told"]["text"] for each in decision["yes"] + decision["no"]] == ["Buenas", "Fin"]
    ana.post(f"/settings/flows/{flow.pk}/steps/s1/deletion")
    flow.refresh_from_db()
    assert flow.draft["steps"] == []


def test_a_step_moves_through_branches_in_reading_order(ana: Browser) -> None:
    flow = make(ana)
    add(ana, flow, "main", "note", text="x")
    add(ana, flow, "main", "if_open")
    shapes = []
    for _turn in range(4):
        ana.post(f"/settings/flows/{flow.pk}/steps/s1/moving", down="1")
        flow.refresh_from_db()
        shapes.append([(each["id"], [n["id"] for n in each.get("yes", [])], [n["id"] for n in each.get("no", [])])
                       for each in flow.draft["steps"]])  # fmt: skip
    last: list[tuple[str, list[str], list[str]]] = [("s2", [], []), ("s1", [], [])]
    assert shapes == [[("s2", ["s1"], [])], [("s2", [], ["s1"])], last, last]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(ana: Browser) -> None:
    flow = make(ana)
    refused = add(ana, flow, "main", "close", reason="")
    assert (refused.status_code, "Fill this in." in words(refused.content.decode())) == (422, True)
    assert "no regular expression" in words(add(ana, flow, "main", "if_text", pattern="(").content.decode())
    assert "refer back" in words(add(ana, flow, "main", "if_text", pattern=r"(a)\1").content.decode())
    assert "Nothing is known" in words(add(ana, flow, "main", "send_text", text="{{x}}").content.decode())
    flow.refresh_from_db()
    assert flow.draft["steps"] == []


def test_a_flow_with_something_missing_is_not_published_and_says_which_step(ana: Browser) -> None:
    flow = make(ana, "survey")
    ana.post(f"/settings/flows/{flow.pk}/publication")
    flow.refresh_from_db()
    assert flow.version is None
    assert "Fill this in." in ana.see(f"/settings/flows/{flow.pk}")
    ana.post(f"/settings/flows/{flow.pk}/activity", on="1")
    flow.refresh_from_db()
    assert not flow.active


def test_it_is_published_turned_on_and_off_and_deleted_and_all_of_it_is_audited(ana: Browser, cast: Cast) -> None:
    flow = make(ana, "welcome")
    ana.post(f"/settings/flows/{flow.pk}/publication")
    ana.post(f"/settings/flows/{flow.pk}/activity", on="1")
    flow.refresh_from_db()
    assert (flow.active, flow.versions.count()) == (True, 1)
    ana.post(f"/settings/flows/{flow.pk}/activity")
    ana.post(f"/settings/flows/{flow.pk}/deletion")
    said = list(AuditEntry.objects.filter(subject="flow").order_by("pk").values_list("action", flat=True))
    assert said == ["created", "published", "changed", "changed", "deleted"]
    assert "deleted the flow" in ana.see("/settings/audit")


def test_whoever_edits_what_another_has_changed_is_told(ana: Browser) -> None:
    flow = make(ana)
    stale = flow.revision
    add(ana, flow, "main", "note", text="de Bruno")
    ana.post(f"/settings/flows/{flow.pk}/new/main/note", revision=stale, text="de Ana")
    flow.refresh_from_db()
    assert [each["told"]["text"] for each in flow.draft["steps"]] == ["de Bruno"]
    assert "Somebody changed this flow" in ana.see(f"/settings/flows/{flow.pk}")


def test_a_start_is_chosen_and_told(ana: Browser, cast: Cast) -> None:
    flow = make(ana)
    assert "Tag added" in ana.see(f"/settings/flows/{flow.pk}/start")
    ana.post(f"/settings/flows/{flow.pk}/start/conversation_closed", revision=flow.revision, causes=["rule"],
             accounts=[cast.chat.pk])  # fmt: skip
    flow.refresh_from_db()
    told = flow.draft["start"]["told"]
    assert (flow.draft["start"]["kind"], told["causes"], told["accounts"]) == (
        "conversation_closed", ["rule"], [cast.chat.pk],
    )  # fmt: skip


def test_trying_out_tells_the_way_and_does_nothing(ana: Browser, cast: Cast, engine: Engine) -> None:
    lia = cast.write("lia")
    flow = engine.flow(
        start(), step("a", "if_owned", no=[step("b", "send_text", text="Hola")]), step("c", "wait_reply", amount=1),
        step("d", "close", reason="Fin"),
    )  # fmt: skip
    seen = ana.see(f"/settings/flows/{flow.pk}/trial", conversation=lia.pk)
    assert "Send a text Hola" in seen
    assert "Close the conversation" in seen
    assert (engine.sent(lia), Conversation.objects.get(pk=lia.pk).status, Run.objects.count()) == ([], "open", 0)


def test_the_log_of_a_flow_and_of_a_conversation_tells_each_step(ana: Browser, cast: Cast, engine: Engine) -> None:
    flow = engine.flow(start(), step("a", "assign", to="person", agent=cast.bruno.pk), name="Bienvenida")
    lia = cast.write("lia")
    engine.run()
    for path in (f"/settings/flows/{flow.pk}/runs", f"/inbox/{lia.pk}/flows"):
        assert "Assign to Bruno" in ana.see(path)
    assert "The flow “Bienvenida” gave it to Bruno" in ana.see(f"/inbox/{lia.pk}")
    assert f"/inbox/{lia.pk}/flows" in ana.get(f"/inbox/{lia.pk}").content.decode()


def test_a_run_that_is_held_back_goes_on_or_ends(
    ana: Browser, cast: Cast, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_FLOW_SENDS", "1")
    flow = engine.flow(start(), step("a", "send_text", text="Uno"), step("b", "send_text", text="Dos"))
    lia, noa = cast.write("lia"), cast.write("noa")
    engine.run()
    assert "2 held back" in ana.see("/settings/flows")
    first, second = Run.objects.order_by("pk")
    monkeypatch.setenv("BANDEJA_FLOW_SENDS", "5")
    ana.post(f"/settings/flows/runs/{first.pk}/going")
    ana.post(f"/settings/flows/runs/{second.pk}/ending")
    engine.run()
    assert sorted([len(engine.sent(lia)), len(engine.sent(noa))]) == [1, 2]
    assert flow.runs.filter(state="stopped").count() == 1


PATHS = [
    ("get", ""), ("get", "/start"), ("get", "/start/conversation_closed"), ("get", "/new/main"),
    ("post", "/new/main/note"), ("get", "/steps/a"), ("post", "/steps/a/moving"), ("post", "/steps/a/deletion"),
    ("post", "/publication"), ("post", "/activity"), ("get", "/trial"), ("get", "/runs"), ("post", "/deletion"),
    ("post", "/name"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_another_workspaces_flow_is_not_there_and_a_sellers_role_forbids(
    cast: Cast, carla: Cast, engine: Engine, method: str, path: str
) -> None:
    flow = engine.flow(start(), step("a", "note", text="x"))
    for who, expected in ((carla.ana, 404), (cast.bruno, 403)):
        client = Client()
        client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert getattr(client, method)(f"/settings/flows/{flow.pk}{path}").status_code == expected
    assert getattr(Client(), method)(f"/settings/flows/{flow.pk}{path}").status_code == 302
    flow.refresh_from_db()
    assert flow.draft["steps"][0]["told"] == {"text": "x"}


def test_a_conversations_log_is_for_those_who_see_it(cast: Cast, carla: Cast, engine: Engine) -> None:
    lia = cast.write("lia")
    Conversation.objects.filter(pk=lia.pk).update(owner=cast.ana)
    for who, expected in ((carla.ana, 404), (cast.bruno, 404), (cast.ana, 200)):
        assert Browser(who).get(f"/inbox/{lia.pk}/flows").status_code == expected


def test_what_names_something_of_another_workspace_is_refused(ana: Browser, cast: Cast, carla: Cast) -> None:
    flow = make(ana)
    refused = add(ana, flow, "main", "assign", to="person", agent=carla.ana.pk)
    assert refused.status_code == 422
    draft = {"start": start(), "steps": [step("a", "assign", to="person", agent=carla.ana.pk)]}
    forged = flows.make(cast.workspace, "Falso", draft, by=cast.ana)
    with pytest.raises(flows.Unfit):
        flows.publish(forged, by=cast.ana)


@pytest.mark.parametrize(
    "path", ["/steps/nada", "/new/nada-yes/note", "/new/main/nada", "/start/nada", "/steps/nada/deletion"]
)
def test_what_is_not_there_is_a_404(ana: Browser, path: str) -> None:
    flow = make(ana)
    method = ana.post if path == "/new/nada-yes/note" else ana.get
    assert method(f"/settings/flows/{flow.pk}{path}", revision=1, text="x").status_code == 404
