"""The doorbell: one ring per transaction, and only once it has committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import transaction

from bandeja.channels.contract import Inbound
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import BELL, MOST_NAMED, ring
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from bandeja.intake.tests.knocking import address
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(address(), autocommit=True) as other:
        other.execute(f"listen {BELL}")
        yield other


def rings(listener: psycopg.Connection[Any]) -> list[Any]:
    """What has been rung until now: whatever was committed before is here."""
    listener.execute("select")
    return [json.loads(bell.payload) for bell in listener.notifies(timeout=0)]


def test_every_verb_rings_once_for_what_it_changed(cast: Cast, listener: psycopg.Connection[Any]) -> None:
    lia = cast.write("lia")
    ids, scope = [lia.pk], Scope.of(cast.ana)
    by: dict[str, Any] = {"scope": scope, "by": Actor.agent(cast.ana)}
    assert rings(listener) == [{"w": [cast.workspace.pk], "c": ids}]
    for verb in (
        lambda: lifecycle.reply(lia.pk, "Hola", **by),
        lambda: lifecycle.assign(ids, cast.bruno.pk, **by),
        lambda: lifecycle.close(ids, reason="Ya", cause=Cause.AGENT, transfer_to=cast.ana.pk, **by),
        lambda: lifecycle.reopen(ids, **by),
    ):
        verb()
        assert rings(listener) == [{"w": [cast.workspace.pk], "c": ids}]


def test_what_is_only_read_says_so(cast: Cast, listener: psycopg.Connection[Any]) -> None:
    lia = cast.write("lia")
    rings(listener)
    lifecycle.mark_read([lia.pk], scope=Scope.of(cast.ana))
    assert rings(listener) == [{"w": [cast.workspace.pk], "c": [lia.pk], "read": True}]
    lifecycle.mark_read([lia.pk], scope=Scope.of(cast.ana))
    assert rings(listener) == []
    lifecycle.mark_unread([lia.pk], scope=Scope.of(cast.ana))
    assert rings(listener) == [{"w": [cast.workspace.pk], "c": [lia.pk]}]


def test_what_changes_nothing_rings_nothing(cast: Cast, listener: psycopg.Connection[Any]) -> None:
    lia = cast.write("lia", external_id="m1")
    rings(listener)
    cast.write("lia", external_id="m1")
    lifecycle.reopen([lia.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert rings(listener) == []


def test_what_rolls_back_rings_nothing(cast: Cast, listener: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        ring([cast.workspace.pk], [1])
        transaction.set_rollback(True)
    assert rings(listener) == []


@pytest.mark.parametrize("many", [MOST_NAMED, MOST_NAMED + 1])
def test_too_many_to_name_are_many(cast: Cast, listener: psycopg.Connection[Any], many: int) -> None:
    batch = [Inbound(cast.chat.pk, f"m{n}", ("visitor", f"v{n}"), text="Hola") for n in range(many)]
    lifecycle.receive(batch, clock=coverage.clock)
    named = sorted(Conversation.objects.values_list("pk", flat=True))
    assert rings(listener) == [{"w": [cast.workspace.pk], "c": named if many <= MOST_NAMED else "many"}]


def test_the_longest_payload_fits(cast: Cast, listener: psycopg.Connection[Any]) -> None:
    """PostgreSQL takes 8,000 bytes: enough for ids of twelve digits."""
    ids = range(10**12 - 2_000, 10**12)
    ring(ids, ids[:MOST_NAMED])
    (rung,) = rings(listener)
    assert (len(rung["w"]), len(rung["c"])) == (500, MOST_NAMED)
