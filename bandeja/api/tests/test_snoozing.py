"""Snoozing by API: the same as on screen, and said of the conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bandeja.api.tests.programs import Program
from bandeja.channels import accounts
from bandeja.channels.models import ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


@pytest.fixture
def lia(cast: Cast) -> Conversation:
    cast.rule()
    return cast.write("lia")


def ids(program: Program, query: str) -> list[int]:
    return [each["id"] for each in program.get(f"/conversations{query}")["items"]]


def test_a_program_snoozes_it_and_brings_it_back(
    cast: Cast, program: Program, lia: Conversation, clock: Clock
) -> None:
    until = (clock.now() + timedelta(days=1)).isoformat()
    said = {"until": until, "reason": "Espera su pedido", "seen": lia.last_inbound_id}
    told = program.ask("PUT", f"/conversations/{lia.pk}/snooze", said).json()
    assert (told["status"], told["closes_at"], told["kept"]) == ("open", None, None)
    assert (told["snoozed"]["reason"], told["snoozed"]["by_id"]) == ("Espera su pedido", cast.ana.pk)
    assert datetime.fromisoformat(told["snoozed"]["until"]) == datetime.fromisoformat(until)
    assert program.get(f"/conversations/{lia.pk}/clock")["standing"] == "kept"
    assert program.ask("DELETE", f"/conversations/{lia.pk}/keeping").json()["snoozed"] is not None
    back = program.ask("DELETE", f"/conversations/{lia.pk}/snooze").json()
    assert (back["snoozed"], back["closes_at"] is not None) == (None, True)
    assert program.ask("DELETE", f"/conversations/{lia.pk}/snooze").status_code == 200


def test_what_is_snoozed_is_found_apart(cast: Cast, program: Program, lia: Conversation) -> None:
    sol = cast.write("sol")
    program.ask("PUT", f"/conversations/{lia.pk}/snooze", {})
    assert ids(program, "?status=open") == [sol.pk]
    assert ids(program, "?snoozed=true") == ids(program, "?snoozed=true&status=open") == [lia.pk]
    assert set(ids(program, "")) == {lia.pk, sol.pk}
    assert ids(program, "?snoozed=true&status=closed") == ids(program, "?snoozed=true&soon=true") == []


def test_what_makes_no_sense_is_refused_and_nothing_is_snoozed(
    cast: Cast, program: Program, lia: Conversation
) -> None:
    bodies: list[Any] = [
        {"until": "2020-01-01T00:00:00Z"}, {"until": "mañana"}, {"reason": "x" * 201}, {"reason": "\0"},
        {"seen": "x"}, {"when": "writes"}, [],
    ]  # fmt: skip
    for body in bodies:
        assert program.ask("PUT", f"/conversations/{lia.pk}/snooze", body).status_code == 422
    seen = lia.last_inbound_id
    cast.write("lia", text="¿Hola?")
    assert program.ask("PUT", f"/conversations/{lia.pk}/snooze", {"seen": seen}).status_code == 409
    lia.refresh_from_db()
    assert lia.snoozed_at is None
    lifecycle.snooze([lia.pk], seen=lia.last_inbound_id, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert program.ask("PUT", f"/conversations/{lia.pk}/snooze", {"seen": seen}).status_code == 409
    program.ask("POST", f"/conversations/{lia.pk}/closure", {"reason": "Listo"})
    assert program.ask("PUT", f"/conversations/{lia.pk}/snooze", {}).status_code == 409


def test_nobody_snoozes_what_they_may_not_see(carla: Cast, lia: Conversation) -> None:
    for method, body in (("PUT", {}), ("DELETE", None)):
        assert Program(carla.ana).ask(method, f"/conversations/{lia.pk}/snooze", body).status_code == 404


def test_an_accounts_program_snoozes_its_own(cast: Cast, lia: Conversation) -> None:
    account = accounts.connect(cast.workspace, ChannelKey.API, name="CRM")
    program = Program(cast.ana, text=accounts.new_token(account))
    ours = cast.write("c-501", account=account)
    told = program.ask("PUT", f"/conversations/{ours.pk}/snooze", {}).json()
    assert (told["snoozed"]["until"], told["snoozed"]["by_id"]) == (None, None)
    assert program.ask("PUT", f"/conversations/{lia.pk}/snooze", {}).status_code == 404
