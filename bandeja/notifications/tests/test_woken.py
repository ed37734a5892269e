"""Who is told that a conversation which was snoozed is back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from bandeja.notifications import words
from bandeja.notifications.models import Kind, Notification
from bandeja.notifications.told import unread
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.clock import Clock

Read = Callable[[], int]
pytestmark = pytest.mark.django_db


@pytest.fixture
def lia(cast: Cast, clock: Clock, read: Read) -> Conversation:
    """Bruno's, snoozed by Ana for a day."""
    lia = cast.write("Lía")
    scope = Scope(cast.workspace.pk)
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=scope, by=Actor.agent(cast.bruno))
    lifecycle.mark_read([lia.pk], scope=scope)
    until = clock.now() + timedelta(days=1)
    lifecycle.snooze([lia.pk], until=until, scope=scope, by=Actor.agent(cast.ana))
    read()
    return lia


def told(agent: Agent) -> list[str]:
    return [each.kind for each in unread(agent)]


def test_whoever_snoozed_it_and_whoever_has_it_are_told_when_its_time_comes(
    cast: Cast, clock: Clock, lia: Conversation, read: Read
) -> None:
    clock.advance(days=1)
    lifecycle.release_due(coverage.clock)
    read()
    assert (told(cast.ana), told(cast.bruno)) == (["woken"], ["woken"])
    each = Notification.objects.get(agent=cast.ana)
    with translation.override("es"):
        assert words.sentence(each, {}) == "Estuvo pospuesta hasta ahora"
        assert words.announcement(each) == "Volvió la conversación con Lía: estuvo pospuesta hasta ahora"
        assert words.anonymous(each) == "Volvió una conversación que estaba pospuesta."


def test_whoever_is_both_is_told_once(cast: Cast, clock: Clock, lia: Conversation, read: Read) -> None:
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.bruno)}
    lifecycle.snooze([lia.pk], until=clock.now() + timedelta(hours=1), **by)
    clock.advance(hours=1)
    lifecycle.release_due(coverage.clock)
    read()
    assert (told(cast.bruno), Notification.objects.get(kind=Kind.WOKEN).count) == (["woken"], 1)
    assert told(cast.ana) == []


def test_what_the_contact_writes_is_told_as_any_message_and_no_second_time(
    cast: Cast, lia: Conversation, read: Read
) -> None:
    cast.write("Lía", text="¡Ya!")
    read()
    assert (told(cast.bruno), told(cast.ana)) == (["message"], [])


def test_brought_back_by_hand_nobody_is_told(cast: Cast, lia: Conversation, read: Read) -> None:
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}
    lifecycle.wake([lia.pk], clock=coverage.clock, **by)
    read()
    assert (told(cast.bruno), told(cast.ana)) == ([], [])


def test_what_was_closed_by_then_is_not_told(cast: Cast, clock: Clock, lia: Conversation, read: Read) -> None:
    clock.advance(days=1)
    lifecycle.release_due(coverage.clock)
    by = Actor.agent(cast.ana)
    lifecycle.close([lia.pk], reason="Ya", cause=Cause.AGENT, scope=Scope(cast.workspace.pk), by=by)
    read()
    assert (told(cast.bruno), told(cast.ana)) == ([], [])


def test_whoever_may_not_see_it_any_more_is_shown_nothing(
    cast: Cast, clock: Clock, lia: Conversation, read: Read
) -> None:
    whole = Scope(cast.workspace.pk)
    by: dict[str, Any] = {"scope": whole, "by": Actor.agent(cast.bruno)}
    lifecycle.snooze([lia.pk], until=clock.now() + timedelta(hours=1), **by)
    lifecycle.assign([lia.pk], cast.ana.pk, scope=whole, by=Actor.agent(cast.ana))
    clock.advance(hours=1)
    lifecycle.release_due(coverage.clock)
    read()
    assert (told(cast.bruno), told(cast.ana)) == ([], ["woken"])
