"""What starts a flow, and what does not: openings, closings, messages, assignments, tags, waiting, new contacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bandeja.bulk.models import Verb
from bandeja.bulk.tests.doing import begin, undo
from bandeja.channels.models import Account
from bandeja.closing import sweep
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation, Event
from bandeja.conversations.scope import Scope
from bandeja.flows import dispatch, flows, patterns
from bandeja.flows.models import Run
from bandeja.flows.tests.conftest import Engine, start, step
from tests.cast import Cast
from tests.clock import Clock

NOTE = step("a", "note", text="aquí")


def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


def close(cast: Cast, conversation: Conversation, reason: str = "Listo") -> None:
    lifecycle.close([conversation.pk], reason=reason, cause=Cause.AGENT, **by_ana(cast))


def started(conversation: Conversation) -> int:
    return Run.objects.filter(conversation=conversation).count()


def test_the_first_message_opens_a_conversation_and_the_second_does_not(cast: Cast, engine: Engine) -> None:
    engine.flow(start(), NOTE)
    lia = cast.write("lia")
    cast.write("lia")
    engine.run()
    assert (started(lia), engine.notes(lia)) == (1, ["aquí"])


@pytest.mark.parametrize(("opening", "expected"), [("first", 1), ("reopened", 1), ("both", 2)])
def test_first_reopened_or_both(cast: Cast, engine: Engine, opening: str, expected: int) -> None:
    engine.flow(start(opening=opening), NOTE)
    lia = cast.write("lia")
    close(cast, lia)
    cast.write("lia")
    engine.run()
    assert started(lia) == expected


def test_a_reopening_tells_cause_and_reason_of_the_closing_before_it(cast: Cast, engine: Engine) -> None:
    engine.flow(
        start(opening="reopened"),
        step(
            "a", "if_cause", causes=["agent"], yes=[step("b", "if_reason", reason="LISTO", yes=[NOTE | {"id": "c"}])]
        ),
    )
    lia = cast.write("lia")
    close(cast, lia)
    cast.write("lia")
    engine.run()
    assert engine.log(lia) == ["if_cause yes", "if_reason yes", "note done"]


@pytest.mark.parametrize(("told", "expected"), [({"causes": ["rule"]}, 0), ({"causes": ["agent"]}, 1),
                                                ({"reason": "otro"}, 0), ({"reason": "listo"}, 1)])  # fmt: skip
def test_a_start_is_narrowed_by_the_closing(cast: Cast, engine: Engine, told: Any, expected: int) -> None:
    engine.flow(start(opening="reopened", **told), NOTE)
    engine.flow(start("conversation_closed", **told), NOTE)
    lia = cast.write("lia")
    close(cast, lia)
    cast.write("lia")
    engine.run()
    assert started(lia) == 2 * expected


def test_an_agents_reopening_starts_nothing(cast: Cast, engine: Engine) -> None:
    """closing E2, F1."""
    engine.flow(start(), NOTE)
    lia = cast.write("lia")
    close(cast, lia)
    engine.run()
    lifecycle.reopen([lia.pk], **by_ana(cast))
    engine.run()
    assert started(lia) == 1


def test_an_overtaken_reopening_starts_only_flows_that_ask_for_it(cast: Cast, engine: Engine, clock: Clock) -> None:
    """closing C8, F1."""
    flow = engine.flow(start(opening="reopened"), NOTE)
    asking = engine.flow(start(opening="reopened", overtaken=True), NOTE)
    now = clock.set(clock.now())
    lia = cast.write("lia", received_at=now - timedelta(minutes=5), at=now - timedelta(minutes=5))
    close(cast, lia)
    cast.write("lia", received_at=now - timedelta(minutes=1))
    engine.run()
    assert (Run.objects.filter(flow=flow).count(), Run.objects.filter(flow=asking).count()) == (0, 1)


def test_a_closing_by_a_rule_tells_the_rule(cast: Cast, engine: Engine, clock: Clock, another_account: Any) -> None:
    rule, other = cast.rule(amount=1), cast.rule(another_account("Otro"))
    engine.flow(start("conversation_closed", rules=[rule.pk]), NOTE)
    engine.flow(start("conversation_closed", rules=[other.pk]), NOTE)
    lia, noa = cast.write("lia"), cast.write("noa")
    close(cast, noa)
    clock.advance(minutes=2)
    sweep.sweep()
    engine.run()
    assert (started(lia), started(noa)) == (1, 0)


def test_only_chosen_accounts_and_channels(cast: Cast, engine: Engine, another_account: Any) -> None:
    other: Account = another_account("Otro")
    engine.flow(start(accounts=[other.pk]), NOTE)
    engine.flow(start(channels=["whatsapp"]), NOTE)
    lia, noa = cast.write("lia"), cast.write("noa", account=other)
    engine.run()
    assert (started(lia), started(noa)) == (0, 1)


@pytest.mark.parametrize(
    ("told", "text", "expected"),
    [
        ({"words": "precio, cuánto"}, "¿CUANTO cuesta?", 1),
        ({"words": "precio"}, "Hola", 0),
        ({"pattern": r"pedido\s*\d+"}, "mi Pedido 44", 1),
        ({"pattern": r"^\d+$"}, "44 o 45", 0),
        ({}, "lo que sea", 1),
    ],
)
def test_a_message_is_looked_through(cast: Cast, engine: Engine, told: Any, text: str, expected: int) -> None:
    engine.flow(start("message_received", **told), NOTE)
    lia = cast.write("lia", text)
    engine.run()
    assert started(lia) == expected


def test_a_bomb_of_a_pattern_holds_nobody_up(cast: Cast, engine: Engine, clock: Clock) -> None:
    engine.flow(start("message_received", pattern=r"(a*)*(a+)+(a|aa)+$"), NOTE)
    engine.flow(start("message_received"), NOTE)
    lia = cast.write("lia", "a" * 3_000 + "!")
    engine.run()
    assert engine.notes(lia) == ["aquí"]


def test_looking_for_a_pattern_leaves_the_patience_of_the_database_as_it_was(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = '7s'")
        assert patterns.finds("ho", "hola")
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("7s",)


def test_many_bombs_cost_only_the_flow_they_are_in(cast: Cast, carla: Cast, engine: Engine) -> None:
    engine.flow(start("message_received", pattern=r"(a*)*(a+)+(a|aa)+$"), NOTE)
    theirs = Engine(carla)
    theirs.flow(start("message_received", pattern="azul$"), NOTE)
    for number in range(8):
        cast.write(f"c{number}", "a" * 3_000 + "!")
    lia = carla.write("lia", "La quiero azul")
    engine.run()
    assert theirs.notes(lia) == ["aquí"]


def test_an_assignment_and_a_tag_start_flows(cast: Cast, engine: Engine) -> None:
    vip, other = tags.make(cast.workspace.pk, "VIP"), tags.make(cast.workspace.pk, "Otra")
    engine.flow(start("conversation_assigned", agents=[cast.bruno.pk]), NOTE)
    engine.flow(start("conversation_tagged", tags=[vip.pk]), NOTE)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.ana.pk, **by_ana(cast))
    tags.tag([lia.pk], [other.pk], **by_ana(cast))
    engine.run()
    assert started(lia) == 0
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana(cast))
    tags.tag([lia.pk], [vip.pk], **by_ana(cast))
    tags.tag([lia.pk], [vip.pk], **by_ana(cast))
    engine.run()
    assert started(lia) == 2


def test_leaving_it_to_nobody_is_no_assignment(cast: Cast, engine: Engine) -> None:
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.ana.pk, **by_ana(cast))
    engine.flow(start("conversation_assigned"), NOTE)
    lifecycle.assign([lia.pk], None, **by_ana(cast))
    engine.run()
    assert started(lia) == 0


def test_a_contact_is_created_once_whatever_the_account(cast: Cast, engine: Engine, another_account: Any) -> None:
    engine.flow(start("contact_created"), NOTE)
    lia = cast.write("lia")
    close(cast, lia)
    cast.write("lia")
    engine.run()
    assert started(lia) == 1


def test_waiting_for_us_counts_from_the_first_message_without_an_answer(
    cast: Cast, engine: Engine, clock: Clock
) -> None:
    engine.flow(start("waiting_for_us", amount=10, unit="minutes"), NOTE)
    clock.set(clock.now())
    lia = cast.write("lia")
    engine.run()
    clock.advance(minutes=8)
    cast.write("lia")
    engine.run()
    assert engine.notes(lia) == []
    clock.advance(minutes=2)
    engine.run()
    assert engine.notes(lia) == ["aquí"]


def test_waiting_for_us_ends_with_a_persons_answer_and_begins_anew_after_it(
    cast: Cast, engine: Engine, clock: Clock
) -> None:
    engine.flow(start("waiting_for_us", amount=10, unit="minutes"), NOTE)
    clock.set(clock.now())
    lia = cast.write("lia")
    engine.run()
    clock.advance(minutes=4)
    lifecycle.reply(lia.pk, "Ya voy", **by_ana(cast))
    clock.advance(minutes=2)
    cast.write("lia")
    engine.run()
    clock.advance(minutes=5)
    engine.run()
    assert engine.notes(lia) == []
    clock.advance(minutes=5)
    engine.run()
    assert engine.notes(lia) == ["aquí"]


def test_waiting_for_us_starts_once_for_one_wait(cast: Cast, engine: Engine, clock: Clock) -> None:
    engine.flow(start("waiting_for_us", amount=10, unit="minutes"), NOTE)
    clock.set(clock.now())
    lia = cast.write("lia")
    for _burst in range(3):
        engine.run()
        clock.advance(minutes=11)
        engine.run()
        cast.write("lia", "¿hay alguien?")
    assert engine.notes(lia) == ["aquí"]
    lifecycle.reply(lia.pk, "Ya voy", **by_ana(cast))
    clock.advance(minutes=1)
    cast.write("lia", "gracias, ¿y el envío?")
    engine.run()
    clock.advance(minutes=11)
    engine.run()
    assert engine.notes(lia) == ["aquí", "aquí"]


def test_nothing_starts_what_is_off_or_was_there_before(cast: Cast, engine: Engine) -> None:
    lia = cast.write("lia")
    engine.flow(start(), NOTE, on=False)
    flow = engine.flow(start(), NOTE)
    engine.run()
    assert started(lia) == 0
    flows.switch(flow, on=False, by=cast.ana)
    noa = cast.write("noa")
    engine.run()
    assert started(noa) == 0


def test_another_workspace_starts_nothing_here(cast: Cast, carla: Cast, engine: Engine) -> None:
    engine.flow(start(), NOTE)
    theirs = carla.write("lia")
    engine.run()
    assert started(theirs) == 0


def test_an_event_dispatched_twice_starts_a_flow_once(cast: Cast, engine: Engine) -> None:
    from bandeja.flows.models import Cursor

    engine.flow(start(), NOTE)
    lia = cast.write("lia")
    engine.dispatch()
    Cursor.objects.update(number=0)
    engine.dispatch()
    assert (started(lia), dispatch.step()) == (1, 0)


def test_an_idle_dispatcher_reads_nothing_without_flows(cast: Cast) -> None:
    cast.write("lia")
    assert Event.objects.exists()
    assert dispatch.step() == 0


def test_taking_a_closing_back_starts_no_flow(cast: Cast, engine: Engine) -> None:
    """closing U3: neither by opening, nor by the owner who gets it back."""
    engine.flow(start(opening="both"), NOTE)
    engine.flow(start("conversation_assigned"), NOTE)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana(cast))
    bulk = begin(cast.ana, Verb.CLOSE, [lia], to=lifecycle.To(cast.ana.pk))
    engine.run()
    before = started(lia)
    undoing = undo(bulk)
    assert undoing is not None
    engine.run()
    assert Conversation.objects.get(pk=lia.pk).owner == cast.bruno
    assert (before, started(lia)) == (3, 3)
