"""Why a conversation closes by itself, or does not: what is told is what arming and the sweep do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bandeja.channels import accounts
from bandeja.closing import coverage, rules
from bandeja.closing.models import Setback
from bandeja.closing.standing import Standing
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, reopen, store, swept
from bandeja.closing.why import Why, explain
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from bandeja.people.models import Plan
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.set(NOON)


def why(conversation: Conversation) -> Why:
    conversation.refresh_from_db()
    return explain(conversation)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_clock_that_runs_names_the_message_the_rule_its_version_and_the_deadline(cast: Cast, clock: Clock) -> None:
    rule = cast.rule(name="Ventas", amount=5)
    clock.advance(seconds=10)
    lia = cast.write("lia", "Hola")
    told = why(lia)
    assert (told.standing, told.stands.deadline) == (Standing.RUNS, after(310))
    assert [(start.message and start.message.text, start.counts_from, start.is_late) for start in told.starts] == [
        ("Hola", after(10), False)
    ]
    assert told.version is not None
    assert (told.version.rule, told.version.number, told.version.saved_at) == (rule, 1, NOON)
    assert told.version.saved_by is not None
    assert told.version.saved_by.agent_id == cast.ana.pk
    assert told.stands.begins == told.stands.covered_since == NOON


def test_each_message_that_moved_the_clock_is_told_in_order(cast: Cast, clock: Clock) -> None:
    """closing C3"""
    cast.rule(amount=5)
    for text in ("Hola", "¿Hay alguien?", "Gracias"):
        lia = cast.write("lia", text)
        clock.advance(seconds=10)
    assert [(start.message and start.message.text, start.counts_from) for start in why(lia).starts] == [
        ("Hola", NOON), ("¿Hay alguien?", after(10)), ("Gracias", after(20))
    ]  # fmt: skip


def test_a_message_that_was_read_too_late_counts_from_when_it_was_read(cast: Cast, clock: Clock) -> None:
    """closing C1"""
    cast.rule(amount=1)
    store(cast.chat, "Hola")
    clock.advance(minutes=5)
    assert drain.step()
    told = why(Conversation.objects.get())
    [start] = told.starts
    assert start.message is not None
    assert (start.message.received_at, start.counts_from, start.is_late) == (NOON, after(300), True)
    assert told.stands.deadline == after(360)


def test_a_time_that_changed_while_the_clock_ran_is_told(cast: Cast, clock: Clock) -> None:
    """closing R8: with the version that armed it, and that there is another now."""
    rule = cast.rule(amount=5)
    lia = cast.write("lia")
    clock.advance(seconds=10)
    edit(cast, rule, amount=9)
    clock.advance(seconds=10)
    edit(cast, rule, amount=2)
    told = why(lia)
    assert [(change.at, change.before, change.after) for change in told.changes] == [
        (after(10), 300, 540), (after(20), 540, 120)
    ]  # fmt: skip
    assert told.stands.deadline == closes_at(lia) == after(540)
    assert told.version is not None
    assert (told.version.number, told.version.saved_at, told.version.rule.version) == (None, NOON, 3)


def test_what_keeps_a_conversation_from_having_a_clock_is_named(cast: Cast, clock: Clock) -> None:
    """closing R5 to R7, R10, C6"""
    lia = cast.write("lia")
    assert why(lia).standing == Standing.NO_RULE
    clock.advance(seconds=1)
    rule = cast.rule(name="Ventas")
    assert why(lia).standing == Standing.OLDER
    clock.advance(seconds=1)
    cast.write("lia")
    assert why(lia).standing == Standing.RUNS
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    told = why(lia)
    assert (told.standing, [each.name for each in told.off]) == (Standing.RULE_OFF, ["Ventas"])
    assert told.stands.is_void
    clock.advance(seconds=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert (why(lia).standing, why(lia).stands.is_void) == (Standing.OLDER, True)
    accounts.disconnect(cast.chat)
    assert why(lia).standing == Standing.DISCONNECTED
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert why(lia).standing == Standing.NO_PLAN


def test_one_that_our_side_opened_says_who_opened_it(cast: Cast, clock: Clock) -> None:
    """closing C6, E2"""
    cast.rule()
    lia = cast.write("lia")
    close_by_hand(cast, lia)
    clock.advance(seconds=5)
    reopen(cast, lia)
    told = why(lia)
    assert told.standing == Standing.REOPENED
    assert told.opening is not None
    assert (told.opening.actor_id, told.opening.at) == (cast.ana.pk, after(5))


def test_a_closed_one_tells_its_closing_and_how_late_it_was(cast: Cast, clock: Clock) -> None:
    cast.rule(reason="Sin respuesta")
    lia = cast.write("lia")
    clock.advance(seconds=62.5)
    assert swept() == [lia.pk]
    told = why(lia)
    assert told.closure is not None
    assert (told.standing, told.closure.cause, told.closure.reason) == (Standing.CLOSED, Cause.RULE, "Sin respuesta")
    assert told.late == timedelta(seconds=2.5)


def test_one_whose_time_is_over_tells_what_holds_it_back(cast: Cast, clock: Clock) -> None:
    """closing C8: a delivery that waits; or that it failed to close."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    store(cast.chat, "Espera")
    clock.advance(seconds=2)
    told = why(lia)
    assert (told.stands.is_due, told.waits_since, told.setback) == (True, after(59), None)
    assert swept() == []
    drain.step()
    clock.advance(seconds=60)
    assert why(lia).waits_since is None
    Setback.objects.create(conversation_id=lia.pk, workspace_id=cast.workspace.pk, error="boom", at=after(121))
    assert why(lia).setback is not None


def test_it_asks_few_questions_and_writes_nothing(cast: Cast) -> None:
    cast.rule(amount=5)
    lia = cast.write("lia")
    lia.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        explain(lia)
    assert len(asked) <= 7
    assert all(query["sql"].lower().startswith(("select", "with", "--")) for query in asked)


def test_one_that_was_kept_open_counts_from_when_it_was_not_any_more(cast: Cast, clock: Clock) -> None:
    """closing C9"""
    cast.rule(amount=5)
    lia = cast.write("lia", "Hola")
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    lifecycle.keep([lia.pk], scope=scope, by=by, reason="Espera")
    clock.advance(seconds=10)
    cast.write("lia", "¿Y bien?")
    told = why(lia)
    assert (told.standing, told.stands.deadline) == (Standing.KEPT, None)
    assert told.keeping is not None
    assert (told.keeping.actor_id, told.keeping.data["reason"]) == (cast.ana.pk, "Espera")
    clock.advance(seconds=10)
    lifecycle.release([lia.pk], scope=scope, by=by, clock=coverage.clock)
    [start] = why(lia).starts
    assert start.release is not None
    assert (start.counts_from, start.message) == (after(20), None)
    clock.advance(seconds=10)
    cast.write("lia", "Gracias")
    told = why(lia)
    assert [start.counts_from for start in told.starts] == [after(20), after(30)]
    assert told.stands.deadline == closes_at(lia) == after(330)
