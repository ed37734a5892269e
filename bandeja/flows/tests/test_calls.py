"""Calling an address outside: no transaction is held, it is done at most once, and nobody waits for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from bandeja.flows import advance, flows
from bandeja.flows.lane import Lane
from bandeja.flows.models import Run
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.people.models import Permission
from bandeja.webhooks import outside
from bandeja.webhooks.outside import Answer, Failure
from tests.cast import Cast
from tests.clock import Clock
from tests.world import BACKEND

URL = "https://crm.example.com/flujo"
CALL = step("a", "call", url=URL)
END = step("b", "note", text="fin")


class Outside:
    """Whoever is called, and whether a transaction was open meanwhile."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.depths: list[int] = []
        self.answer = Answer(status=200)

    def post(self, url: str, body: bytes, headers: Any) -> Answer:
        self.calls.append((url, json.loads(body), headers["webhook-id"]))
        self.depths.append(len(connection.savepoint_ids))
        return self.answer


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Outside:
    crm = Outside()
    monkeypatch.setattr(outside, "post", crm.post)
    return crm


def test_it_is_told_of_the_conversation_outside_any_transaction(cast: Cast, engine: Engine, crm: Outside) -> None:
    engine.flow(start(), CALL, END)
    lia = cast.write("lia")
    depth = len(connection.savepoint_ids)
    engine.run()
    (called,) = crm.calls
    assert (called[0], called[1]["conversation"]["id"], crm.depths) == (URL, lia.pk, [depth])
    assert engine.log(lia) == ["call done", "note done"]


def test_of_an_address_only_the_host_is_shown(cast: Cast, engine: Engine, crm: Outside) -> None:
    """The rest of it opens what is there, and everybody may read the log."""
    engine.flow(start(), CALL, END)
    lia = cast.write("lia")
    engine.run()
    browser = Client()
    browser.force_login(cast.ana, backend=BACKEND)
    page = browser.get(f"/inbox/{lia.pk}/flows").content.decode()
    assert ("crm.example.com" in page, "/flujo" in page) == (True, False)


def test_a_refusal_is_told_and_the_flow_goes_on(cast: Cast, engine: Engine, crm: Outside) -> None:
    crm.answer = Answer(status=500, failure=Failure.REFUSED)
    engine.flow(start(), CALL, END)
    lia = cast.write("lia")
    engine.run()
    assert (engine.log(lia), len(crm.calls)) == (["call failed", "note done"], 1)


def test_what_was_interrupted_is_not_called_again(cast: Cast, engine: Engine, crm: Outside, clock: Clock) -> None:
    engine.flow(start(), CALL, END)
    clock.set(clock.now())
    lia = cast.write("lia")
    engine.dispatch()

    class Dead:
        is_full = False

        def begin(self, called: Any) -> None:
            """Killed before it was carried out, or after: nobody knows."""

    advance.step(caller=Dead())
    engine.run()
    assert engine.log(lia) == []
    clock.advance(seconds=61)
    engine.run()
    assert (engine.log(lia), crm.calls) == (["call failed", "note done"], [])


def test_a_full_lane_puts_calls_off_and_nothing_else(cast: Cast, engine: Engine, crm: Outside, clock: Clock) -> None:
    engine.flow(start(), CALL)
    engine.flow(start(), END)
    clock.set(clock.now())
    lia = cast.write("lia")
    engine.dispatch()

    class Full:
        is_full = True

        def begin(self, called: Any) -> None:
            raise AssertionError(called)

    advance.step(caller=Full())
    assert (engine.log(lia), crm.calls) == (["note done"], [])
    clock.advance(seconds=2)
    engine.run()
    assert engine.log(lia) == ["call done", "note done"]


def test_the_lane_calls_in_threads_and_writes_it_down_after(cast: Cast, engine: Engine, crm: Outside) -> None:
    engine.flow(start(), CALL, END)
    lia = cast.write("lia")
    engine.dispatch()
    lane = Lane()
    for _turn in range(200):
        lane.step()
        if not Run.objects.filter(ended_at=None).exists():
            break
    lane.close()
    assert (engine.log(lia), len(crm.calls)) == (["call done", "note done"], 1)
    assert transaction.get_connection().in_atomic_block  # the test's own


@pytest.mark.parametrize(
    "url", ["http://crm.example.com/", "https://ana:secreta@crm.example.com/", "https://10.0.0.1/", "crm.example.com"]
)
def test_an_address_that_no_webhook_may_have_is_not_published(cast: Cast, url: str) -> None:
    draft = {"start": start(), "steps": [step("a", "call", url=url)]}
    with pytest.raises(flows.Unfit):
        flows.publish(flows.make(cast.workspace, "CRM", draft, by=cast.ana), by=cast.ana)


def test_who_does_not_manage_webhooks_publishes_no_call(cast: Cast) -> None:
    """It would hand everybody's name and number to an address of their own."""
    cast.bruno.role.permissions.append(Permission.MANAGE_FLOWS)
    cast.bruno.role.save()
    draft = {"start": start(), "steps": [CALL]}
    flow = flows.make(cast.workspace, "CRM", draft, by=cast.bruno)
    browser = Client()
    browser.force_login(cast.bruno, backend=BACKEND)
    browser.post(f"/settings/flows/{flow.pk}/publication")
    assert not flow.versions.exists()
    said = "un rol que administre webhooks"
    assert said in browser.get(f"/settings/flows/{flow.pk}").content.decode()
    assert said in browser.post(f"/settings/flows/{flow.pk}/steps/a", {"url": URL, "revision": 1}).content.decode()
    cast.bruno.role.permissions.append(Permission.MANAGE_WEBHOOKS)
    cast.bruno.role.save()
    browser.post(f"/settings/flows/{flow.pk}/publication")
    assert flow.versions.count() == 1
