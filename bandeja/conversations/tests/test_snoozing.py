"""Snoozing conversations (closing S1 to S4): out of sight without a clock, and a whole one when they are back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bandeja.closing import coverage, sweep
from bandeja.closing.tests.deeds import close_by_hand, closes_at, reopen
from bandeja.conversations import lifecycle, merge
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Contact, Conversation, Event
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db
KINDS = ("conversation_kept", "conversation_released", "conversation_snoozed", "conversation_woken")


def snooze(cast: Cast, *conversations: Conversation, **more: object) -> list[int]:
    ids = [each.pk for each in conversations]
    return lifecycle.snooze(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), **more)  # type: ignore[arg-type]  # as said


def wake(cast: Cast, *conversations: Conversation) -> list[int]:
    ids = [each.pk for each in conversations]
    return lifecycle.wake(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), clock=coverage.clock)


def release(cast: Cast, *conversations: Conversation) -> list[int]:
    ids = [each.pk for each in conversations]
    return lifecycle.release(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), clock=coverage.clock)


def told(conversation: Conversation) -> list[tuple[str, str]]:
    found = Event.objects.filter(conversation=conversation, kind__in=KINDS).order_by("pk")
    return list(found.values_list("kind", "actor_kind"))


def is_snoozed(conversation: Conversation) -> bool:
    conversation.refresh_from_db()
    return conversation.snoozed_at is not None


def test_what_is_snoozed_closes_by_no_rule(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    assert snooze(cast, lia, until=clock.now() + timedelta(days=1), reason=" Espera su pedido ") == [lia.pk]
    clock.advance(hours=2)
    assert sweep.sweep().closed == 0
    assert is_snoozed(lia)
    assert (lia.status, lia.armed_at, lia.look_at, lia.kept_reason) == ("open", None, None, "Espera su pedido")
    assert told(lia) == [("conversation_snoozed", "agent")]


def test_back_by_its_time_it_is_unread_and_its_clock_has_its_whole_time(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia = cast.write()
    lifecycle.mark_read([lia.pk], scope=Scope.of(cast.ana))
    snooze(cast, lia, until=clock.now() + timedelta(hours=1))
    clock.advance(minutes=59)
    assert lifecycle.release_due(coverage.clock) == 0
    clock.advance(minutes=1)
    assert lifecycle.release_due(coverage.clock) == 1
    assert not is_snoozed(lia)
    assert (lia.kept_at, lia.kept_until, lia.kept_by_id, lia.unread) == (None, None, None, 1)
    assert closes_at(lia) == clock.now() + timedelta(minutes=10)
    assert sweep.sweep().closed == 0
    woken = Event.objects.get(kind="conversation_woken")
    assert (woken.actor_kind, woken.data) == ("system", {"by": cast.ana.pk})


def test_what_was_unread_stays_as_unread_as_it_was(cast: Cast, clock: Clock) -> None:
    lia = cast.write()
    cast.write(text="¿Y?")
    snooze(cast, lia, until=clock.now() + timedelta(hours=1))
    clock.advance(hours=1)
    lifecycle.release_due(coverage.clock)
    lia.refresh_from_db()
    assert lia.unread == 2


@pytest.mark.parametrize("ends", [True, False])
def test_the_contact_brings_it_back_at_once_and_from_then_it_has_its_whole_time(
    cast: Cast, clock: Clock, ends: bool
) -> None:
    cast.rule(amount=10)
    lia = cast.write()
    snooze(cast, lia, until=clock.now() + timedelta(days=3) if ends else None)
    now = clock.set(clock.advance(days=2))
    cast.write(text="Ya llegó")
    assert not is_snoozed(lia)
    assert (lia.kept_at, lia.kept_until, lia.kept_by_id, lia.kept_reason, lia.unread) == (None, None, None, "", 2)
    assert (lia.armed_at, closes_at(lia)) == (now, now + timedelta(minutes=10))
    assert sweep.sweep().closed == 0
    woken = Event.objects.get(kind="conversation_woken")
    assert (woken.actor_kind, woken.message_id, woken.data) == ("contact", lia.last_inbound_id, {"by": cast.ana.pk})
    clock.advance(days=3)
    assert lifecycle.release_due(coverage.clock) == 0
    assert sweep.sweep().closed == 1


def test_it_is_no_opening(cast: Cast) -> None:
    lia = cast.write()
    snooze(cast, lia)
    cast.write()
    assert Event.objects.filter(kind="conversation_opened").count() == 1


@pytest.mark.parametrize("before", [timedelta(seconds=30), timedelta(hours=3)])
def test_what_had_come_before_and_nobody_had_read_brings_it_back_without_closing_it(
    cast: Cast, clock: Clock, before: timedelta
) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    snooze(cast, lia)
    now = clock.set(clock.now())
    cast.write(text="Antes", received_at=now - before)
    assert not is_snoozed(lia)
    assert closes_at(lia) == now + timedelta(minutes=1)


def test_where_no_clock_stands_none_starts(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    cast.rule(amount=1)
    sol = cast.write("sol")
    close_by_hand(cast, sol)
    clock.advance(minutes=1)
    reopen(cast, sol)  # closing C6: it has not written since
    snooze(cast, lia, sol, until=clock.now() + timedelta(minutes=1))
    clock.advance(minutes=1)
    assert lifecycle.release_due(coverage.clock) == 2
    assert (closes_at(lia), closes_at(sol)) == (None, None)


def test_whoever_is_blocked_brings_nothing_back(cast: Cast, clock: Clock) -> None:
    lia = cast.write()
    snooze(cast, lia)
    Contact.objects.update(blocked_at=clock.now())
    cast.write(text="¿Y?")
    assert is_snoozed(lia)


def test_what_the_team_does_leaves_it_snoozed(cast: Cast) -> None:
    lia = cast.write()
    snooze(cast, lia)
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    lifecycle.reply(lia.pk, "Ya casi", scope=scope, by=by)
    lifecycle.reply(lia.pk, "Llamar el lunes", scope=scope, by=by, note=True)
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=scope, by=by)
    assert is_snoozed(lia)
    assert (lia.owner_id, lia.status) == (cast.bruno.pk, "open")


def test_brought_back_by_hand_its_clock_starts_anew_and_nothing_is_marked(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia = cast.write()
    lifecycle.mark_read([lia.pk], scope=Scope.of(cast.ana))
    snooze(cast, lia)
    clock.advance(days=1)
    assert wake(cast, lia) == [lia.pk]
    assert not is_snoozed(lia)
    assert (lia.unread, closes_at(lia)) == (0, clock.now() + timedelta(minutes=10))
    assert wake(cast, lia) == []
    assert told(lia) == [("conversation_snoozed", "agent"), ("conversation_woken", "agent")]


def test_letting_it_close_leaves_a_snooze_and_bringing_it_back_what_is_kept_open(cast: Cast) -> None:
    lia, sol = cast.write("lia"), cast.write("sol")
    lifecycle.keep([lia.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    snooze(cast, sol)
    assert wake(cast, lia, sol) == [sol.pk]
    snooze(cast, sol)
    assert release(cast, lia, sol) == [lia.pk]
    assert is_snoozed(sol)


def test_closing_it_all_the_same_ends_it(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    snooze(cast, lia, until=clock.now() + timedelta(hours=1))
    assert close_by_hand(cast, lia) == [lia.pk]
    assert not is_snoozed(lia)
    clock.advance(hours=2)
    assert lifecycle.release_due(coverage.clock) == 0
    assert Closure.objects.filter(kept__snoozed_at__isnull=False).exists()
    assert closes_at(cast.write()) is not None


def test_snoozed_and_kept_open_turn_into_each_other(cast: Cast, clock: Clock) -> None:
    lia = cast.write()
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    assert lifecycle.keep([lia.pk], scope=scope, by=by) == [lia.pk]
    clock.advance(minutes=1)
    assert snooze(cast, lia) == [lia.pk]
    assert is_snoozed(lia)
    assert lifecycle.keep([lia.pk], scope=scope, by=by) == [lia.pk]
    assert not is_snoozed(lia)
    cast.write()
    lia.refresh_from_db()
    assert lia.kept_at is not None
    assert [kind for kind, _ in told(lia)] == ["conversation_kept", "conversation_snoozed", "conversation_kept"]


def test_two_people_one_after_the_other_and_the_last_word_counts(cast: Cast, clock: Clock) -> None:
    lia = cast.write()
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    first, then = clock.now() + timedelta(days=1), clock.now() + timedelta(days=2)
    assert snooze(cast, lia, until=first) == [lia.pk]
    since = Conversation.objects.get().snoozed_at
    assert lifecycle.snooze([lia.pk], until=then, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno)) == [lia.pk]
    assert lifecycle.snooze([lia.pk], until=then, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno)) == []
    lia.refresh_from_db()
    assert (lia.snoozed_at, lia.kept_until, lia.kept_by_id) == (since, then, cast.bruno.pk)


def test_whoever_wrote_after_what_was_seen_is_not_put_out_of_sight(cast: Cast) -> None:
    lia = cast.write()
    seen = lia.last_inbound_id
    cast.write(text="Espera")
    assert snooze(cast, lia, seen=seen) == []
    lia.refresh_from_db()
    assert snooze(cast, lia, seen=lia.last_inbound_id) == [lia.pk]


def test_nobody_snoozes_or_wakes_what_is_out_of_reach_nor_what_is_closed(cast: Cast, carla: Cast) -> None:
    theirs, closed, anas = carla.write(), cast.write("lia"), cast.write("sol")
    close_by_hand(cast, closed)
    lifecycle.assign([anas.pk], cast.ana.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert snooze(cast, theirs, closed) == []
    snooze(carla, theirs)
    assert wake(cast, theirs) == []
    bruno: dict[str, Any] = {"scope": Scope.of(cast.bruno), "by": Actor.agent(cast.bruno)}
    assert lifecycle.snooze([anas.pk], **bruno) == []
    snooze(cast, anas)
    assert lifecycle.wake([anas.pk], clock=coverage.clock, **bruno) == []
    assert is_snoozed(theirs)
    assert is_snoozed(anas)


@pytest.mark.parametrize("until", [timedelta(0), timedelta(seconds=-1), timedelta(days=367)])
def test_an_end_that_is_not_ahead_is_refused(cast: Cast, clock: Clock, until: timedelta) -> None:
    lia = cast.write()
    with pytest.raises(lifecycle.NotAhead):
        snooze(cast, lia, until=clock.now() + until)
    with pytest.raises(lifecycle.LongReason):
        snooze(cast, lia, reason="x" * 201)
    assert told(lia) == []


def merged(cast: Cast, stays: Conversation, goes: Conversation) -> Conversation:
    merge.merge(stays.contact_id, goes.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    return Conversation.objects.get()


@pytest.mark.parametrize("snoozed_stays", [True, False])
def test_merged_with_one_in_sight_it_is_in_sight_and_its_clock_starts_anew(
    cast: Cast, clock: Clock, snoozed_stays: bool
) -> None:
    cast.rule(amount=10)
    lia, double = cast.write("lia"), cast.write("lía")
    clock.advance(minutes=9)
    snooze(cast, lia)
    left = merged(cast, *((lia, double) if snoozed_stays else (double, lia)))
    assert (left.snoozed_at, left.kept_at, left.status) == (None, None, "open")
    assert closes_at(left) == clock.now() + timedelta(minutes=10)
    woken = Event.objects.get(kind="conversation_woken")
    assert (woken.conversation, woken.at, woken.actor_id) == (left, clock.now(), cast.ana.pk)
    assert woken.data == {"by": cast.ana.pk}
    clock.advance(minutes=2)
    assert sweep.sweep().closed == 0
    clock.advance(minutes=8)
    assert sweep.sweep().closed == 1


def test_merged_with_one_that_is_kept_open_it_is_kept_open(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía")
    snooze(cast, lia)
    lifecycle.keep([double.pk], reason="Espera", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    left = merged(cast, lia, double)
    assert (left.snoozed_at, left.kept_reason) == (None, "Espera")
    assert [kind for kind, _ in told(left)].count("conversation_woken") == 1


def test_merged_with_a_closed_one_it_stays_snoozed(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía")
    snooze(cast, lia)
    close_by_hand(cast, double)
    left = merged(cast, double, lia)
    assert (left.status, left.snoozed_at is None) == ("open", False)
    assert told(left) == [("conversation_snoozed", "agent")]


def test_of_two_snoozed_ones_the_earlier_time_counts(cast: Cast, clock: Clock) -> None:
    lia, double = cast.write("lia"), cast.write("lía")
    until: datetime = clock.now() + timedelta(days=1)
    snooze(cast, lia)
    snooze(cast, double, until=until)
    left = merged(cast, lia, double)
    assert (left.kept_until, left.snoozed_at is None) == (until, False)


def test_the_database_forbids_it_beside_a_clock_and_where_it_is_closed(cast: Cast) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=lia.pk).update(snoozed_at=lia.armed_at)
    lifecycle.close([lia.pk], scope=Scope.of(cast.ana), reason="Ya", cause=Cause.AGENT, by=Actor.agent(cast.ana))
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=lia.pk).update(snoozed_at=lia.created_at, kept_at=lia.created_at)
