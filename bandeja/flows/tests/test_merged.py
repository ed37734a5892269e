"""Conversations that another takes in while flows look: no start, no answer and no limit is lost to that."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from bandeja.conversations import events
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows import advance, dispatch
from bandeja.flows.models import Run, Taken
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.webhooks import outside
from bandeja.webhooks.outside import Answer
from tests.cast import Cast
from tests.clock import Clock

NOTE = step("n", "note", text="aquí")
BOTH = [step("y", "note", text="sí")], [step("x", "note", text="no")]


def join(cast: Cast, stays: Conversation, goes: Conversation) -> None:
    """Lía turns out to be Noa."""
    merge(stays.contact_id, goes.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))


def test_a_message_published_before_a_merge_starts_its_flow_after_it(cast: Cast, engine: Engine) -> None:
    engine.flow(start("message_received", words="pedido"), NOTE)
    lia, noa = cast.write("lia"), cast.write("noa", "mi pedido")
    events.publish()
    join(cast, lia, noa)
    engine.run()
    assert engine.notes(lia) == ["aquí"]


def test_an_answer_published_before_a_merge_wakes_the_run_after_it(cast: Cast, engine: Engine, clock: Clock) -> None:
    engine.flow(start(), step("w", "wait_reply", *BOTH, amount=1, unit="days"))
    clock.set(clock.now())
    lia, noa = cast.write("lia"), cast.write("noa")
    engine.run()
    cast.write("noa")
    events.publish()
    join(cast, lia, noa)
    engine.run()
    assert "sí" in engine.notes(lia)


def test_a_run_made_while_its_conversation_was_taken_in_goes_over_to_the_other(cast: Cast, engine: Engine) -> None:
    engine.flow(start("message_received", words="pedido"), NOTE)
    lia, noa = cast.write("lia"), cast.write("noa", "mi pedido")
    engine.dispatch()
    gone = noa.pk
    join(cast, lia, noa)
    Run.objects.update(conversation_id=gone)
    engine.run()
    assert engine.notes(lia) == ["aquí"]


def test_what_a_call_was_answered_is_kept_though_another_took_its_conversation_in(
    cast: Cast, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "post", lambda *_: Answer(status=200))
    engine.flow(start("message_received", words="pedido"), step("a", "call", url="https://crm.example.com"), NOTE)
    lia, noa = cast.write("lia"), cast.write("noa", "mi pedido")
    engine.dispatch()

    class Late:
        is_full = False

        def begin(self, called: advance.Called) -> None:
            join(cast, lia, noa)
            advance.finish(called, called.step.carry_out(called.prepared))

    advance.step(caller=Late())
    engine.run()
    assert engine.log(lia) == ["call done", "note done"]


def test_the_limits_of_one_count_for_who_they_turned_out_to_be(cast: Cast, engine: Engine) -> None:
    engine.flow(start("message_received"), step("a", "send_text", text="Eco"))
    lia, noa = cast.write("lia"), cast.write("noa")
    for _turn in range(4):
        cast.write("noa")
    engine.run()
    join(cast, lia, noa)
    assert set(Taken.objects.values_list("contact", flat=True)) == {lia.contact_id}
    cast.write("lia")
    engine.run()
    assert len(engine.sent(lia)) == 6
    assert "Flujo 1" in engine.notes(lia)[0]


@pytest.mark.django_db(transaction=True)
def test_an_answer_to_a_run_that_somebody_holds_is_told_to_it_after(cast: Cast, engine: Engine, clock: Clock) -> None:
    engine.flow(start(opening="first"), step("w", "wait_reply", *BOTH, amount=1, unit="days"))
    lia = cast.write("lia")
    engine.run()
    cast.write("lia")
    events.publish()
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        """As whoever merges does."""
        with transaction.atomic():
            list(Run.objects.select_for_update())
            held.set()
            over.wait(30)
        connection.close()

    somebody = threading.Thread(target=hold)
    somebody.start()
    held.wait(30)
    first: Any = dispatch.step()
    over.set()
    somebody.join()
    engine.run()
    assert (first, engine.notes(lia)) == (0, ["sí"])
