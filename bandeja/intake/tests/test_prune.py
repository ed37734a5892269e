"""Pruning deletes what has done its work, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from bandeja.channels.models import Receipt
from bandeja.closing import coverage
from bandeja.conversations import contacts, events, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Cause, Closure, Event, EventKind, Message
from bandeja.conversations.scope import Scope
from bandeja.intake import prune
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, YOUNG = NOON - 31 * DAY, NOON - 30 * DAY


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def a_receipt(**more: Any) -> Receipt:
    return Receipt.objects.create(account_id=1, channel="api", body=b"{}", received_at=OLD, **more)


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        ({"processed_at": OLD}, True),
        ({"processed_at": YOUNG - timedelta(seconds=1)}, True),
        ({"processed_at": YOUNG}, False),
        ({"processed_at": NOON}, False),
        ({}, False),
        ({"failures": 3, "look_at": OLD}, False),
        ({"parked_at": OLD, "failures": 5}, False),
        ({"processed_at": OLD, "parked_at": OLD, "bad_items": [{"item": 1, "reason": "x"}]}, True),
        ({"processed_at": YOUNG, "parked_at": YOUNG, "bad_items": [{"item": 1, "reason": "x"}]}, False),
    ],
)
def test_only_deliveries_that_were_joined_and_long_ago_go(db: None, state: dict[str, Any], goes: bool) -> None:
    a_receipt(**state)
    assert prune.step() == goes
    assert Receipt.objects.exists() is not goes


def a_history(cast: Cast) -> None:
    """Each kind of event at least once, a month ago."""
    lia = cast.write("lia", received_at=OLD, at=OLD)
    by: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana), "at": OLD}
    lifecycle.reply(lia.pk, "Hola", **by)
    lifecycle.assign([lia.pk], cast.bruno.pk, **by)
    lifecycle.close([lia.pk], reason="Ya", cause=Cause.AGENT, **by)
    lifecycle.reopen([lia.pk], **by)
    lifecycle.keep([lia.pk], **by)
    lifecycle.release([lia.pk], clock=coverage.clock, **by)
    lifecycle.snooze([lia.pk], **by)
    lifecycle.wake([lia.pk], clock=coverage.clock, **by)
    tags.tag([lia.pk], [tags.make(cast.workspace.pk, "VIP").pk], **by)
    told = {"workspace_id": cast.workspace.pk, "conversation": lia, "at": OLD, "actor_kind": "flow"}
    for kind in (
        EventKind.AGENTS_CALLED, EventKind.CLOSING_WITHHELD, EventKind.CLOSING_RESUMED, EventKind.MESSAGE_WITHHELD
    ):  # fmt: skip
        Event.objects.create(kind=kind, **told)
    contacts.block(lia.contact_id, by=by["by"], at=OLD)
    contacts.unblock(lia.contact_id, by=by["by"], at=OLD)
    merge(lia.contact_id, cast.write("doble", received_at=OLD, at=OLD).contact_id, **by)


def kinds() -> set[str]:
    return set(Event.objects.values_list("kind", flat=True))


def test_what_a_thread_shows_is_kept_for_ever(cast: Cast) -> None:
    """closing D3: messages and closings stay; only the events that repeat a message go."""
    a_history(cast)
    assert kinds() == set(EventKind)
    events.publish()
    rows = (list(Message.objects.values()), list(Closure.objects.values()))
    assert prune.step() == 3
    assert kinds() == set(EventKind) - {EventKind.MESSAGE_RECEIVED, EventKind.MESSAGE_SENT}
    assert (list(Message.objects.values()), list(Closure.objects.values())) == rows


def test_what_has_not_been_published_is_kept(cast: Cast) -> None:
    """A reader must not miss it, however old."""
    a_history(cast)
    assert prune.step() == 0
    assert kinds() == set(EventKind)


def test_young_events_are_kept(cast: Cast) -> None:
    cast.write("lia", received_at=YOUNG, at=YOUNG)
    events.publish()
    assert prune.step() == 0


@pytest.mark.parametrize(("name", "days"), [("BANDEJA_RECEIPT_DAYS", 40), ("BANDEJA_RECEIPT_DAYS", 1)])
def test_the_operator_chooses_how_long_deliveries_are_kept(
    db: None, monkeypatch: pytest.MonkeyPatch, name: str, days: int
) -> None:
    monkeypatch.setenv(name, str(days))
    a_receipt(processed_at=NOON - 35 * DAY)
    a_receipt(processed_at=NOON - timedelta(hours=23))
    assert prune.step() == (days == 1)


def test_the_operator_chooses_how_long_events_are_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    a_history(cast)
    events.publish()
    monkeypatch.setenv("BANDEJA_EVENT_DAYS", "40")
    assert prune.step() == 0
    monkeypatch.setenv("BANDEJA_EVENT_DAYS", "20")
    assert prune.step() == 3


def test_a_batch_is_as_small_however_it_is_planned(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a small table the planner may make a nested loop, which asks for the batch anew each time."""
    monkeypatch.setattr(prune, "BATCH", 2)
    for age in (40, 44, 42, 41, 43):
        a_receipt(processed_at=NOON - age * DAY)
    with connection.cursor() as cursor:
        for plan in ("hashjoin", "mergejoin", "hashagg", "material", "memoize", "sort"):
            cursor.execute(f"set local enable_{plan} = off")
    assert prune.step() == 2


def test_it_goes_in_small_batches_the_oldest_first(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    ages = [40, 44, 42, 41, 43]
    for age in ages:
        a_receipt(processed_at=NOON - age * DAY)
    assert prune.step() == 2
    left = Receipt.objects.order_by("processed_at").values_list("processed_at", flat=True)
    assert list(left) == [NOON - age * DAY for age in (42, 41, 40)]
    assert [prune.step() for _ in range(3)] == [2, 1, 0]
