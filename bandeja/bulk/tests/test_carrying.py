"""Bulk actions as they are carried out: batch by batch, with rights asked again, stopped, killed, in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet

from bandeja.bulk import asking, carrying
from bandeja.bulk.models import Batch, Bulk, Verb
from bandeja.bulk.tests.doing import begin, carry_out, counts, fresh, small_batches, statuses, step, undo
from bandeja.channels.models import Account
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Cause, Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.found import found
from bandeja.inbox.ways import WAYS
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Role
from tests.cast import Cast
from tests.clock import Clock


def write_many(cast: Cast, count: int) -> list[Conversation]:
    return [cast.write(f"c{number}") for number in range(count)]


def test_a_few_are_done_at_once_and_the_worker_has_nothing_to_do(cast: Cast) -> None:
    chosen = write_many(cast, 3)
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    assert (statuses(chosen), counts(bulk)) == (["closed"] * 3, {"done": 3})
    assert bulk.ended_at
    assert step() == 0
    closures = Closure.objects.values_list("cause", "reason", "actor_id").distinct()
    assert list(closures) == [("bulk", "Limpieza", cast.ana.pk)]


def test_many_wait_for_the_worker_and_are_frozen_when_it_takes_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 5)
    bulk = begin(cast.ana, Verb.CLOSE, "")
    assert (bulk.ended_at, statuses(chosen)) == (None, ["open"] * 5)
    assert carry_out() == 1 + 3
    assert (statuses(chosen), counts(bulk)) == (["closed"] * 5, {"done": 5})
    assert [len(batch.ids) for batch in Batch.objects.order_by("position")] == [2, 2, 1]


def test_what_matches_nothing_is_over_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk = begin(cast.ana, Verb.CLOSE, "?owner=mine")
    assert bulk.ended_at
    assert counts(bulk) == {}


def test_whoever_comes_after_the_confirmation_is_not_meant(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    small_batches(monkeypatch)
    old = write_many(cast, 3)
    clock.advance(minutes=1)
    bulk = begin(cast.ana, Verb.ASSIGN, "", to=To(cast.bruno.pk))
    clock.advance(minutes=1)
    new = cast.write("recién llegado")
    carry_out()
    assert counts(bulk) == {"done": 3}
    assert [fresh(each).owner for each in (*old, new)] == [*[cast.bruno] * 3, None]


@pytest.mark.parametrize("verb", [Verb.CLOSE, Verb.READ])
def test_whoever_has_just_written_is_passed_over_and_counted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: Clock, verb: Verb
) -> None:
    """closing D1, and a message nobody has seen is not marked read."""
    small_batches(monkeypatch)
    _, talking, _ = write_many(cast, 3)
    clock.advance(minutes=1)
    bulk = begin(cast.ana, verb, "")
    clock.advance(seconds=1)
    cast.write("c1", text="Espera")
    carry_out()
    assert counts(bulk) == {"done": 2, "newer": 1}
    assert (fresh(talking).status, fresh(talking).unread) == ("open", 2)


def test_the_instant_confirmed_cannot_lie_ahead(cast: Cast, clock: Clock) -> None:
    chosen = write_many(cast, 1)
    now = clock.advance(minutes=1)
    bulk = begin(cast.ana, Verb.READ, chosen, seen_at=now + timedelta(days=400))
    assert bulk.confirmed_at == now


def test_what_matches_no_longer_is_left_and_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bruno takes one while Ana's bulk gives away what has no owner: his stays his."""
    small_batches(monkeypatch)
    chosen = write_many(cast, 3)
    bulk = begin(cast.ana, Verb.ASSIGN, "?owner=nobody", to=To(cast.ana.pk))
    step()
    lifecycle.assign([chosen[2].pk], cast.bruno.pk, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    carry_out()
    assert counts(bulk) == {"done": 2, "changed": 1}
    assert fresh(chosen[2]).owner == cast.bruno


def test_what_somebody_gave_away_since_one_looked_is_not_taken_back(cast: Cast, clock: Clock) -> None:
    chosen = write_many(cast, 2)
    seen_at = clock.advance(minutes=1)
    clock.advance(seconds=1)
    by_bruno = Actor.agent(cast.bruno)
    lifecycle.assign([chosen[0].pk], cast.bruno.pk, scope=Scope.of(cast.bruno), by=by_bruno)
    bulk = begin(cast.ana, Verb.ASSIGN, chosen, seen_at=seen_at, to=To(cast.ana.pk))
    assert counts(bulk) == {"done": 1, "changed": 1}
    assert [fresh(each).owner for each in chosen] == [cast.bruno, cast.ana]


def test_what_somebody_opened_since_one_looked_is_not_closed_again(cast: Cast, clock: Clock) -> None:
    (conversation,) = chosen = write_many(cast, 1)
    seen_at = clock.advance(minutes=1)
    clock.advance(seconds=1)
    given: dict[str, Any] = {"scope": Scope.of(cast.bruno), "by": Actor.agent(cast.bruno)}
    lifecycle.close([conversation.pk], reason="x", cause=Cause.AGENT, **given)
    lifecycle.reopen([conversation.pk], **given)
    assert counts(begin(cast.ana, Verb.CLOSE, chosen, seen_at=seen_at)) == {"changed": 1}
    assert fresh(conversation).status == "open"


def test_what_somebody_keeps_open_since_one_looked_is_not_closed(cast: Cast, clock: Clock) -> None:
    kept, other = chosen = write_many(cast, 2)
    seen_at = clock.advance(minutes=1)
    clock.advance(seconds=1)
    lifecycle.keep([kept.pk], scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert counts(begin(cast.ana, Verb.CLOSE, chosen, seen_at=seen_at)) == {"done": 1, "changed": 1}
    assert [fresh(each).status for each in (kept, other)] == ["open", "closed"]


def test_what_was_so_already_is_counted_apart(cast: Cast) -> None:
    chosen = write_many(cast, 2)
    begin(cast.ana, Verb.CLOSE, chosen[:1])
    assert counts(begin(cast.ana, Verb.CLOSE, chosen)) == {"done": 1, "already": 1}
    assert counts(begin(cast.ana, Verb.UNREAD, chosen)) == {"already": 2}
    assert counts(begin(cast.ana, Verb.READ, chosen)) == {"done": 2}
    assert counts(begin(cast.ana, Verb.ASSIGN, chosen)) == {"already": 2}
    assert Closure.objects.count() == 2


def test_what_one_may_not_see_is_counted_and_untouched(cast: Cast, carla: Cast) -> None:
    own, owned, foreign = cast.write("lia"), cast.write("vera"), carla.write("ajena")
    lifecycle.assign([owned.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    bulk = begin(cast.bruno, Verb.CLOSE, [own, owned, foreign])
    assert counts(bulk) == {"done": 1, "unavailable": 2}
    assert statuses([own, owned, foreign]) == ["closed", "open", "open"]


def test_an_action_reaches_what_its_person_may_see_and_no_further(
    cast: Cast, carla: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    chosen, foreign = write_many(cast, 3), [carla.write(f"a{n}") for n in range(3)]
    lifecycle.assign([chosen[0].pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    begin(cast.bruno, Verb.CLOSE, "")
    begin(cast.bruno, Verb.UNREAD, "?state=all")
    carry_out()
    assert statuses([*chosen, *foreign]) == ["open", "closed", "closed", "open", "open", "open"]


def test_whoever_is_sent_away_half_way_does_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """closing D1: what a person may do is asked again for every batch."""
    small_batches(monkeypatch)
    chosen = write_many(cast, 5)
    bulk = begin(cast.bruno, Verb.CLOSE, "")
    step()
    step()
    cast.bruno.is_active = False
    cast.bruno.save(update_fields=["is_active"])
    carry_out()
    assert (counts(bulk), statuses(chosen)) == ({"done": 2}, ["closed"] * 2 + ["open"] * 3)
    assert Bulk.objects.get().halted == "left"


def test_whoever_is_demoted_half_way_reaches_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 4)
    ids = [each.pk for each in chosen]
    lifecycle.assign(ids, cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.bruno))
    bulk = begin(cast.ana, Verb.CLOSE, "")
    step()
    step()
    cast.ana.role = Role.objects.get(workspace=cast.workspace, key=Role.SELLER)
    cast.ana.save(update_fields=["role"])
    carry_out()
    assert counts(bulk) == {"done": 2, "unavailable": 2}
    assert statuses(chosen) == ["closed"] * 2 + ["open"] * 2


def test_an_owner_who_leaves_half_way_is_given_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 4)
    begin(cast.ana, Verb.ASSIGN, "", to=To(cast.bruno.pk))
    step()
    step()
    cast.bruno.is_active = False
    cast.bruno.save(update_fields=["is_active"])
    carry_out()
    kept = Bulk.objects.get()
    assert (kept.done, kept.left_over, kept.halted) == (2, 2, "no_owner")
    assert [fresh(each).owner for each in chosen[2:]] == [None, None]


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_cancelling_stops_it_where_it_is(cast: Cast, monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 4)
    bulk = begin(cast.ana, Verb.CLOSE, "")
    for _ in range(turns):
        step()
    assert asking.cancel(bulk)
    assert not asking.cancel(bulk)
    assert carry_out() == 0
    assert statuses(chosen).count("closed") == max(0, turns - 1) * 2


def test_what_is_killed_half_way_goes_on_where_it_was_and_does_nothing_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 5)
    bulk = begin(cast.ana, Verb.CLOSE, "")
    step()
    step()

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bandeja.bulk.carrying.tell", die)
        with pytest.raises(KeyboardInterrupt):
            step()
    assert counts(bulk) == {"done": 2}
    carry_out()
    assert (counts(bulk), statuses(chosen)) == ({"done": 5}, ["closed"] * 5)
    assert Closure.objects.count() == 5


def test_one_the_database_refuses_costs_its_neighbours_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = write_many(cast, 5)
    closing = lifecycle.close

    def refuse(ids: list[int], **named: object) -> object:
        if chosen[3].pk in ids:
            raise DatabaseError("no")
        return closing(ids, **named)  # type: ignore[arg-type]  # one set of arguments for several calls

    monkeypatch.setattr(lifecycle, "close", refuse)
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    assert counts(bulk) == {"done": 4, "failed": 1}
    assert statuses(chosen) == ["closed"] * 3 + ["open", "closed"]
    assert undo(bulk)
    assert statuses(chosen) == ["open"] * 5


def test_workspaces_take_turns(cast: Cast, carla: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana's thousands do not hold up Carla's handful, nor do Ana's many actions."""
    small_batches(monkeypatch, 1)
    write_many(cast, 9)
    others = [carla.write(f"a{number}") for number in range(2)]
    for _ in range(3):
        begin(cast.ana, Verb.UNREAD, "?state=all")
    begin(carla.ana, Verb.CLOSE, "")
    for _ in range(6):
        step()
    assert statuses(others) == ["closed", "closed"]


def test_transferring_while_closing_many(cast: Cast, another_account: Callable[[str], Account]) -> None:
    chosen = [cast.write("lia"), cast.write("vera", account=another_account("Otro chat"))]
    assert counts(begin(cast.ana, Verb.CLOSE, chosen, to=To(cast.bruno.pk))) == {"done": 2}
    assert [(fresh(each).status, fresh(each).owner) for each in chosen] == [("closed", cast.bruno)] * 2


def test_batches_are_forgotten_when_they_can_be_undone_no_more(cast: Cast) -> None:
    chosen = write_many(cast, 2)
    for verb, lasts in ((Verb.READ, timedelta(hours=2)), (Verb.CLOSE, timedelta(days=7, hours=2))):
        bulk = begin(cast.ana, verb, chosen)
        assert carrying.prune() == 0
        Bulk.objects.filter(pk=bulk.pk).update(ended_at=database_now() - lasts)
        assert carrying.prune() == 1
        assert Bulk.objects.get(pk=bulk.pk).done == 2


def test_giving_to_the_contacts_owner_passes_over_those_nobody_has(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    known, stranger = cast.write("lia"), cast.write("vera")
    other = cast.write("lia", account=another_account("Otro chat"))
    Conversation.objects.filter(pk=other.pk).update(contact=known.contact, owner=cast.bruno)
    bulk = begin(cast.ana, Verb.ASSIGN, [known, stranger], to=To(contacts_owner=True))
    assert counts(bulk) == {"done": 1, "ownerless": 1}
    assert [fresh(each).owner for each in (known, stranger)] == [cast.bruno, None]


def test_a_tag_that_is_deleted_half_way_is_put_on_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    write_many(cast, 4)
    tag = tags.make(cast.workspace.pk, "Feria")
    begin(cast.ana, Verb.TAG, "", tags=[tag.pk])
    step()
    step()
    tags.delete(tag)
    carry_out()
    kept = Bulk.objects.get()
    assert (kept.done, kept.left_over, kept.halted) == (2, 2, "no_tag")


def test_what_fails_ends_and_holds_up_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    chosen = write_many(cast, 3)
    broken = begin(cast.ana, Verb.CLOSE, "")
    other = begin(cast.ana, Verb.UNREAD, "?state=all")

    def refuse(agent: Agent, query: str) -> QuerySet[Conversation]:
        if not query:
            raise ValueError("a filter that cannot be")
        return found(agent, query)

    while carrying.step(replace(WAYS, match=refuse)):
        pass
    assert Bulk.objects.get(pk=broken.pk).halted == "failed"
    assert (counts(other), statuses(chosen)) == ({"already": 3}, ["open"] * 3)


def test_a_filter_that_nothing_can_match_is_over(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    write_many(cast, 3)
    bulk = begin(cast.ana, Verb.CLOSE, "")
    carrying.step(replace(WAYS, match=lambda _agent, _query: Conversation.objects.none()))
    kept = Bulk.objects.get(pk=bulk.pk)
    assert (kept.total, kept.halted) == (0, "")
    assert kept.ended_at
