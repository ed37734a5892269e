"""Publishing events: numbers in the order of commits, so that a reader who keeps the last one misses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from bandeja.conversations import events
from bandeja.conversations.models import Conversation, Event
from bandeja.intake.tests.knocking import address
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Somebody else's transaction, open until they commit."""
    with psycopg.connect(address()) as other:
        yield other


@pytest.fixture
def lia(cast: Cast) -> Conversation:
    """A conversation whose first events are published."""
    lia = cast.write("lia")
    assert events.publish() == 2
    return lia


def record(beside: psycopg.Connection[Any], lia: Conversation) -> int:
    sql = """insert into event (workspace_id, conversation_id, kind, actor_kind)
             values (%s, %s, 'message_received', 'contact') returning id"""
    (pk,) = beside.execute(sql, [lia.workspace_id, lia.pk]).fetchone() or (0,)
    assert isinstance(pk, int)
    return pk


def feed(after: int = 0) -> list[int]:
    """What a reader sees who has read up to a number: ids, by number."""
    return list(Event.objects.filter(number__gt=after).order_by("number").values_list("pk", flat=True))


def last_number() -> int:
    return Event.objects.exclude(number=None).latest("number").number or 0


def test_events_are_numbered_in_the_order_they_were_recorded(cast: Cast) -> None:
    for who in ("lia", "teo", "lia"):
        cast.write(who)
    assert [events.publish(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert feed() == sorted(Event.objects.values_list("pk", flat=True))


def test_an_event_committed_later_comes_later_whatever_its_id(
    cast: Cast, lia: Conversation, beside: psycopg.Connection[Any]
) -> None:
    """A reader who has seen the newer id must not miss the older one."""
    slow = record(beside, lia)
    cast.write("lia")
    seen = last_number()
    assert events.publish() == 1
    (quick,) = feed(after=seen)
    seen = last_number()
    assert slow < quick
    beside.commit()
    assert events.publish() == 1
    assert feed(after=seen) == [slow]


def test_what_rolls_back_is_never_published(lia: Conversation, beside: psycopg.Connection[Any]) -> None:
    record(beside, lia)
    beside.rollback()
    assert events.publish() == 0


def test_one_publishes_at_a_time(cast: Cast, lia: Conversation, beside: psycopg.Connection[Any]) -> None:
    """The other goes without, rather than number what the first has not committed; it shares the lock with nobody."""
    cast.write("lia")
    beside.execute("select pg_advisory_xact_lock_shared(%s)", [events.PUBLISHING])
    assert events.publish() == 0
    beside.commit()
    assert events.publish() == 1


def test_a_number_is_never_given_twice(cast: Cast, lia: Conversation) -> None:
    before = dict(Event.objects.values_list("pk", "number"))
    cast.write("lia")
    events.publish()
    after = dict(Event.objects.values_list("pk", "number"))
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)
