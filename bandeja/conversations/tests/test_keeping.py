"""Keeping conversations open (closing C9): no clock meanwhile, and a whole one when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from bandeja.channels.models import Account
from bandeja.closing import coverage, sweep
from bandeja.closing.deadline import Cover
from bandeja.closing.tests.deeds import close_by_hand, closes_at, reopen
from bandeja.conversations import lifecycle, merge
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Event
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db


def keep(cast: Cast, *conversations: Conversation, **more: object) -> list[int]:
    ids = [each.pk for each in conversations]
    return lifecycle.keep(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), **more)  # type: ignore[arg-type]  # as said


def release(cast: Cast, *conversations: Conversation) -> list[int]:
    ids = [each.pk for each in conversations]
    return lifecycle.release(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), clock=coverage.clock)


def told(conversation: Conversation) -> list[str]:
    kinds = ("conversation_kept", "conversation_released")
    return list(
        Event.objects.filter(conversation=conversation, kind__in=kinds).order_by("pk").values_list("kind", flat=True)
    )


def test_what_is_kept_open_closes_by_no_rule_whatever_the_contact_writes(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    assert keep(cast, lia, reason="  Espera su pedido ") == [lia.pk]
    clock.advance(hours=2)
    cast.write(text="¿Y?")
    clock.advance(hours=2)
    assert sweep.sweep().closed == 0
    lia.refresh_from_db()
    assert (lia.armed_at, lia.kept_by_id, lia.kept_reason) == (None, cast.ana.pk, "Espera su pedido")
    assert closes_at(lia) is None


def test_released_the_clock_starts_anew_with_its_whole_time(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia = cast.write()
    keep(cast, lia)
    clock.advance(days=3)
    assert release(cast, lia) == [lia.pk]
    assert closes_at(lia) == clock.now() + timedelta(minutes=10)
    assert sweep.sweep().closed == 0
    clock.advance(minutes=10)
    assert sweep.sweep().closed == 1
    assert told(lia) == ["conversation_kept", "conversation_released"]


def test_it_ends_by_itself_at_its_time_and_not_before(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia, sol = cast.write("lia"), cast.write("sol")
    keep(cast, lia, until=clock.now() + timedelta(hours=1))
    keep(cast, sol)
    clock.advance(minutes=59)
    assert lifecycle.release_due(coverage.clock) == 0
    clock.advance(minutes=1)
    assert lifecycle.release_due(coverage.clock) == 1
    assert (closes_at(lia), closes_at(sol)) == (clock.now() + timedelta(minutes=10), None)
    assert Event.objects.get(conversation=lia, kind="conversation_released").actor_kind == "system"


def test_an_account_that_cannot_be_released_holds_up_no_other(
    cast: Cast, clock: Clock, another_account: Callable[[str], Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another_account("Otra")
    lia, sol = cast.write("lia"), cast.write("sol", account=other)
    keep(cast, lia, sol, until=clock.now() + timedelta(minutes=1))
    clock.advance(minutes=1)

    def breaks(account_ids: Sequence[int]) -> Mapping[int, Cover]:
        if cast.chat.pk in account_ids:
            raise DatabaseError("broken")
        return coverage.clock(account_ids)

    assert lifecycle.release_due(breaks) == 1
    kept = Conversation.objects.filter(kept_at__isnull=False)
    assert list(kept) == [lia]
    assert lifecycle.release_due(coverage.clock) == 1


def test_late_it_counts_from_when_it_is_done(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    keep(cast, lia, until=clock.now() + timedelta(minutes=5))
    clock.advance(days=2)
    lifecycle.release_due(coverage.clock)
    assert closes_at(lia) == clock.now() + timedelta(minutes=1)


def test_without_cover_or_with_nothing_written_since_it_has_no_clock_afterwards(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    keep(cast, lia)
    clock.advance(minutes=1)
    cast.rule(amount=1)  # closing R6: it has not written since
    assert release(cast, lia) == [lia.pk]
    sol = cast.write("sol")
    close_by_hand(cast, sol)
    clock.advance(minutes=1)
    reopen(cast, sol)  # closing C6: nor has this one
    keep(cast, sol)
    release(cast, sol)
    assert (closes_at(lia), closes_at(sol)) == (None, None)


def test_a_message_that_came_before_it_was_kept_is_joined_without_a_clock(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    keep(cast, lia)
    cast.write(text="Antes", received_at=clock.now() - timedelta(seconds=30))
    lia.refresh_from_db()
    assert (lia.armed_at, lia.unread) == (None, 2)


def test_closing_it_all_the_same_ends_it(cast: Cast) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    keep(cast, lia, reason="x")
    assert close_by_hand(cast, lia) == [lia.pk]
    lia.refresh_from_db()
    assert (lia.kept_at, lia.kept_reason) == (None, "")
    assert closes_at(cast.write()) is not None


def test_kept_again_it_is_kept_as_said_now_and_said_alike_changes_nothing(cast: Cast, clock: Clock) -> None:
    lia = cast.write()
    since = clock.set(clock.now())
    keep(cast, lia)
    clock.advance(minutes=1)
    until = clock.now() + timedelta(days=1)
    assert keep(cast, lia, until=until, reason="x") == [lia.pk]
    assert keep(cast, lia, until=until, reason="x") == []
    lia.refresh_from_db()
    assert (lia.kept_at, lia.kept_until, lia.kept_reason) == (since, until, "x")
    assert release(cast, lia) == [lia.pk]
    assert release(cast, lia) == []


@pytest.mark.parametrize("until", [timedelta(0), timedelta(seconds=-1), timedelta(days=367)])
def test_an_end_that_is_not_ahead_is_refused(cast: Cast, clock: Clock, until: timedelta) -> None:
    lia = cast.write()
    with pytest.raises(lifecycle.NotAhead):
        keep(cast, lia, until=clock.now() + until)
    with pytest.raises(lifecycle.LongReason):
        keep(cast, lia, reason="x" * 201)
    assert told(lia) == []


def test_nobody_keeps_or_releases_what_is_out_of_reach(cast: Cast, carla: Cast) -> None:
    theirs, closed = carla.write(), cast.write()
    close_by_hand(cast, closed)
    assert keep(cast, theirs, closed) == []
    keep(carla, theirs)
    assert release(cast, theirs) == []
    theirs.refresh_from_db()
    assert theirs.kept_at is not None


def test_merged_it_stays_open_for_whoever_asked(cast: Cast) -> None:
    cast.rule(amount=1)
    lia, double = cast.write("lia"), cast.write("lía")
    keep(cast, double, reason="Espera su pedido")
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    merge.merge(lia.contact_id, double.contact_id, scope=scope, by=by)
    left = Conversation.objects.get()
    assert (left.kept_reason, left.armed_at, left.status) == ("Espera su pedido", None, "open")


def test_the_database_forbids_a_clock_beside_it(cast: Cast) -> None:
    cast.rule(amount=1)
    lia = cast.write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=lia.pk).update(kept_at=lia.armed_at)
