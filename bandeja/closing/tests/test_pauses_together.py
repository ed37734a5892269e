"""Pauses together with what a rule leaves open, with taking back and with including (closing H2, H3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.bulk.models import Verb
from bandeja.bulk.tests.doing import begin, counts, fresh, undo
from bandeja.closing import including, inclusions, pauses, rules, sweep
from bandeja.closing.models import Pause, Rule
from bandeja.closing.options import Options
from bandeja.closing.standing import Standing, stands
from bandeja.closing.tests.deeds import closes_at, edit, swept
from bandeja.closing.why import explain
from bandeja.closing.withholding import Rounds
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox import explained
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def ruled(cast: Cast, **options: Any) -> Rule:
    """A rule of ten minutes on the web chat, with these options."""
    draft = rules.Draft("Ventas", 10, "minutes", "Sin respuesta", [cast.chat.pk], options=Options(**options))
    return rules.save(cast.workspace, draft, by=cast.ana)


def pause(cast: Cast) -> None:
    assert pauses.pause(cast.workspace, by=cast.ana, why="Se cayó la línea")[1]


def resume(cast: Cast) -> None:
    assert pauses.resume(cast.workspace, by=cast.ana)


def answer(cast: Cast, conversation: Conversation) -> None:
    lifecycle.reply(conversation.pk, "Buenas", scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))


def test_nothing_is_withheld_in_a_pause_and_all_is_judged_after_it(cast: Cast, clock: Clock) -> None:
    """closing G2, H2: its clock starts anew at the end, and is withheld only once that is over."""
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    pause(cast)
    clock.advance(hours=1)
    assert sweep.sweep() == sweep.Swept()
    assert (fresh(lia).withheld_for, stands(lia).standing) == ("", Standing.PAUSED)
    resume(cast)
    assert swept() == []
    assert fresh(lia).withheld_for == ""
    clock.advance(minutes=10)
    assert swept() == []
    assert fresh(lia).withheld_for == "waiting"


def test_what_is_withheld_is_released_in_a_pause_with_its_clock_from_then(cast: Cast, clock: Clock) -> None:
    """closing G4, H3: a clock as any other, which starts anew if it runs out before the end too."""
    ruled(cast, waiting="tell")
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(minutes=10)
    assert sweep.sweep().withheld == 2
    pause(cast)
    assert stands(lia).standing == Standing.WAITING
    answer(cast, lia)
    assert Rounds().step() == 1
    assert stands(lia).standing == Standing.PAUSED
    clock.advance(minutes=9)
    answer(cast, teo)
    assert Rounds().step() == 1
    ended = clock.advance(minutes=1)
    resume(cast)
    assert (closes_at(lia), closes_at(teo)) == (ended + 10 * MINUTE, ended + 9 * MINUTE)


def test_an_answer_within_the_pause_counts_where_the_rule_counts_answers(cast: Cast, clock: Clock) -> None:
    """closing G1, H3: whose time was not over by then, counted from the answer, goes on."""
    ruled(cast, since="either")
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    answered = clock.advance(minutes=5)
    answer(cast, lia)
    ended = clock.advance(minutes=6)
    resume(cast)
    assert swept() == []
    found = [(stands(each).armed_at, stands(each).deadline) for each in (lia, teo)]
    assert found == [(NOON, answered + 10 * MINUTE), (ended, ended + 10 * MINUTE)]
    assert [start.counts_from for start in explain(teo).starts] == [NOON, ended]
    clock.set(answered + 10 * MINUTE)
    assert swept() == [lia.pk]


def test_an_answer_after_the_end_undoes_no_start_of_then(cast: Cast, clock: Clock) -> None:
    """closing H3: whether the sweep has looked by then or not."""
    ruled(cast, since="either")
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    answer(cast, lia)
    assert swept() == []
    answered = clock.advance(minutes=1)
    answer(cast, lia)
    answer(cast, teo)
    assert [(stands(each).armed_at, stands(each).deadline) for each in (lia, teo)] == [
        (ended, answered + 10 * MINUTE)
    ] * 2


def test_the_story_of_a_paused_clock_tells_the_answer_it_counts_from(cast: Cast, clock: Clock) -> None:
    ruled(cast, since="either")
    lia = cast.write("lia")
    clock.advance(minutes=2)
    answer(cast, lia)
    pause(cast)
    told = [step.text for step in explained.tell(explain(fresh(lia))).steps]
    assert "Respondimos: con esta regla, el tiempo cuenta desde aquí." in told


def test_what_is_taken_back_in_a_pause_has_its_clock_and_closes_not_at_its_end(cast: Cast, clock: Clock) -> None:
    """closing H2, U3: its deadline is that without the pause; whatever ran out by then has none, as ever."""
    ruled(cast)
    lia = cast.write("lia")
    clock.advance(minutes=9)
    teo = cast.write("teo")
    closed = begin(cast.ana, Verb.CLOSE, [lia, teo])
    pause(cast)
    clock.advance(minutes=2)
    undoing = undo(closed)
    assert undoing
    assert counts(undoing) == {"done": 2}
    assert (fresh(lia).armed_at, fresh(teo).armed_at) == (None, NOON + 9 * MINUTE)
    assert (stands(lia).standing, stands(teo).standing) == (Standing.REOPENED, Standing.PAUSED)
    ended = clock.advance(hours=1)
    resume(cast)
    assert swept() == []
    clock.set(ended + 10 * MINUTE)
    assert swept() == [teo.pk]


def test_what_is_taken_back_after_a_pause_was_put_off_by_it_as_if_nobody_had_closed_it(
    cast: Cast, clock: Clock
) -> None:
    """closing U3, H3: however long ago, while it can be taken back at all."""
    draft = rules.Draft("Ventas", 4, "days", "Sin respuesta", [cast.chat.pk])
    rules.save(cast.workspace, draft, by=cast.ana)
    lia = cast.write("lia")
    closed = begin(cast.ana, Verb.CLOSE, [lia])
    pause(cast)
    ended = clock.advance(days=5)
    resume(cast)
    clock.advance(days=1)
    pauses.step()
    undoing = undo(closed)
    assert undoing
    assert counts(undoing) == {"done": 1}
    assert stands(lia).deadline == closes_at(lia) == ended + timedelta(days=4)
    # The clock says itself what it counts from: the pause is not known for as long as it may run.
    Pause.objects.update(settled=True)
    assert stands(lia).deadline == closes_at(lia) == ended + timedelta(days=4)
    clock.set(ended + timedelta(days=4))
    assert swept() == [lia.pk]


def test_what_is_included_in_a_pause_has_its_clock_from_then(cast: Cast, clock: Clock) -> None:
    """closing I1, I4, H3: put off by the end like any other, and taken back it has none."""
    lia = cast.write("lia")
    clock.advance(hours=1)
    rule = ruled(cast)
    pause(cast)
    asked = including.ask(rule.pk, workspace=cast.workspace, by=cast.ana)
    while inclusions.step():
        pass
    assert stands(lia).standing == Standing.PAUSED
    ended = clock.advance(hours=1)
    resume(cast)
    assert swept() == []
    assert closes_at(lia) == ended + 10 * MINUTE
    asked.refresh_from_db()
    assert including.undo(asked, by=cast.ana)
    while inclusions.step():
        pass
    assert (fresh(lia).armed_at, closes_at(lia)) == (None, None)


def test_a_paused_clock_names_the_version_it_started_by(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    clock.advance(minutes=1)
    edit(cast, rule, amount=20)
    clock.advance(minutes=1)
    lia = cast.write("lia")
    pause(cast)
    told = explain(fresh(lia))
    assert told.version
    assert (told.standing, told.version.number) == (Standing.PAUSED, 2)
