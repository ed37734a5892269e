"""Random flows against the plain-Python model, with messages and time in between, and crashes that repeat nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandeja.conversations import tags
from bandeja.conversations.models import Conversation, Message, Tagging
from bandeja.flows import advance, flows
from bandeja.flows.models import Run, Taken
from bandeja.flows.tests.conftest import Engine, Json, start, step
from bandeja.flows.tests.model import Waiting, World, play
from tests.cast import Cast
from tests.clock import Clock

LEAVES = ("note", "send_text", "tag", "untag", "assign", "close", "wait")
PARTS = ("if_tagged", "if_owned", "if_open", "if_answered", "wait_reply")
DEEDS = ("write", "minute", "hour", "crash", "run")


@st.composite
def steps(draw: st.DrawFn, depth: int = 2) -> list[Json]:
    """Steps whose ids, tags and people are filled in later."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(LEAVES + (PARTS if depth else ())))
        sides = {side: draw(steps(depth=depth - 1)) for side in ("yes", "no")} if kind in PARTS else {}
        found.append({"kind": kind, "amount": draw(st.integers(1, 90)), "which": draw(st.integers(0, 1)), **sides})
    return found


def stored(drawn: list[Json], ids: Iterator[int], tag_ids: list[int], agents: list[int]) -> list[Json]:
    """The same as it is stored."""
    return [_stored(each, ids, tag_ids, agents) for each in drawn]


def _stored(each: Json, ids: Iterator[int], tag_ids: list[int], agents: list[int]) -> Json:
    number, kind, which = next(ids), each["kind"], each["which"]
    known: dict[str, dict[str, Any]] = {
        "note": {"text": f"nota {number}"},
        "send_text": {"text": f"texto {number}"},
        "assign": {"to": "person", "agent": agents[which]},
        "close": {"reason": "El flujo"},
        "wait": {"amount": each["amount"], "unit": "minutes"},
        "wait_reply": {"amount": each["amount"], "unit": "minutes"},
    }
    told = known.get(kind) or ({"tags": [tag_ids[which]]} if "tag" in kind else {})
    sides = {side: stored(each[side], ids, tag_ids, agents) for side in ("yes", "no") if side in each}
    return step(f"s{number}", kind, **sides, **told)


class Crash(Exception):
    """The process dies in the middle of a transaction."""


def crash(engine: Engine) -> None:
    """A step is taken, and the power goes before it is committed."""
    engine.dispatch()
    try:
        with transaction.atomic():
            advance.step(1)
            raise Crash
    except Crash:
        pass


class Twin:
    """The model beside the engine."""

    def __init__(self, drafted: list[Json], world: World) -> None:
        self.world = world
        self._way = play(drafted, world)
        self._waits: Waiting | None = None
        self._goes = True

    def catch_up(self) -> None:
        while self._goes and self._is_due():
            try:
                self._waits = next(self._way)
            except StopIteration:
                self._goes = False

    def _is_due(self) -> bool:
        if self._waits is None:
            return True
        until, answers = self._waits
        return self.world.now >= until or (answers and self.world.inbound > self.world.heard)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=steps(), deeds=st.lists(st.sampled_from(DEEDS), max_size=8))
def test_the_engine_does_what_the_model_does(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch, drawn: list[Json], deeds: list[str]
) -> None:
    monkeypatch.setenv("BANDEJA_FLOW_STEPS", "10000")
    monkeypatch.setenv("BANDEJA_FLOW_SENDS", "1000")
    with transaction.atomic():
        _compare(cast, clock, [*drawn, {"kind": "note", "amount": 1, "which": 0}], deeds)
        transaction.set_rollback(True)


def _compare(cast: Cast, clock: Clock, drawn: list[Json], deeds: list[str]) -> None:
    engine = Engine(cast)
    clock.set(clock.now())
    tag_ids = [tags.make(cast.workspace.pk, name).pk for name in ("Uno", "Dos")]
    drafted = stored(drawn, count(1), tag_ids, [cast.ana.pk, cast.bruno.pk])
    flow = engine.flow(start(opening="first"), *drafted)
    lia = cast.write("lia")
    twin = Twin(drafted, World(clock.now()))
    for deed in [*deeds, "run"]:
        if deed == "crash":
            crash(engine)
            continue
        if deed == "write":
            cast.write("lia")
            twin.world.inbound += 1
            twin.world.is_open = True
        elif deed != "run":
            twin.world.now = clock.advance(**{f"{deed}s": 1})
        engine.run()
        twin.catch_up()
    _same(engine, lia, twin.world)
    flows.delete(flow, by=cast.ana)


def _same(engine: Engine, lia: Conversation, world: World) -> None:
    assert engine.log(lia) == world.log
    assert engine.notes(lia) == world.notes
    now = Conversation.objects.get(pk=lia.pk)
    assert (now.owner_id, now.status == "open") == (world.owner, world.is_open)
    assert set(Tagging.objects.filter(conversation=lia).values_list("tag_id", flat=True)) == world.tags
    sent = Message.objects.filter(conversation=lia, author_kind="flow")
    assert sent.count() == sent.values("client_id").distinct().count()
    assert Run.objects.count() == 1
    assert Taken.objects.filter(run__conversation=lia).count() == len(world.log)


def test_the_first_answer_within_a_wait_is_not_lost_to_the_clock(cast: Cast, engine: Engine, clock: Clock) -> None:
    """A message and the end of the time, one after the other in either order, are one yes or one no, never both."""
    clock.set(clock.now())
    both = [step("y", "note", text="sí")], [step("n", "note", text="no")]
    engine.flow(start(), step("w", "wait_reply", both[0], both[1], amount=10, unit="minutes"))
    for late in (timedelta(), timedelta(seconds=1)):
        lia = cast.write(f"lia{late.seconds}")
        engine.run()
        clock.advance(minutes=10)
        if not late:
            cast.write(f"lia{late.seconds}")
        engine.run()
        if late:
            cast.write(f"lia{late.seconds}")
        engine.run()
        assert engine.notes(lia) == (["no"] if late else ["sí"])
