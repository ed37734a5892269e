"""Taking back the closing of what was snoozed (closing S3, U3): it is snoozed again, until the same instant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bandeja.bulk.models import Verb
from bandeja.bulk.tests.doing import begin, counts, fresh, undo
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock


def test_it_is_snoozed_again_and_comes_back_at_its_time(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    snoozed, other = chosen = [cast.write("lia"), cast.write("vera")]
    until = clock.now() + timedelta(days=1)
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}
    lifecycle.snooze([snoozed.pk], until=until, reason="Espera su pedido", **by)
    since = fresh(snoozed).snoozed_at
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    assert (fresh(snoozed).snoozed_at, fresh(snoozed).status) == (None, "closed")
    undoing = undo(bulk)
    assert undoing is not None
    assert counts(undoing) == {"done": 2}
    again = fresh(snoozed)
    assert (again.snoozed_at, again.kept_until, again.kept_by_id) == (since, until, cast.ana.pk)
    assert (again.kept_reason, fresh(other).snoozed_at) == ("Espera su pedido", None)
    clock.set(until)
    assert lifecycle.release_due(coverage.clock) == 1
    assert fresh(snoozed).look_at == until + timedelta(minutes=10)


def test_what_somebody_snoozed_since_one_looked_is_not_closed(cast: Cast, clock: Clock) -> None:
    lia, vera = chosen = [cast.write("lia"), cast.write("vera")]
    seen_at = clock.advance(minutes=1)
    clock.advance(seconds=1)
    lifecycle.snooze([lia.pk], scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert counts(begin(cast.ana, Verb.CLOSE, chosen, seen_at=seen_at)) == {"done": 1, "changed": 1}
    assert [fresh(each).status for each in (lia, vera)] == ["open", "closed"]


def test_what_is_snoozed_is_not_among_all_that_are_open(cast: Cast) -> None:
    lia, vera = cast.write("lia"), cast.write("vera")
    lifecycle.snooze([lia.pk], scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert counts(begin(cast.ana, Verb.CLOSE, "")) == {"done": 1}
    assert [fresh(each).status for each in (lia, vera)] == ["open", "closed"]
