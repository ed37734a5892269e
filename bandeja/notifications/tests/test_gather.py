"""Whom what happened is told to, and whom it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.mentions import naming
from bandeja.notifications import prune
from bandeja.notifications.models import Device, Kind, Notification, Preference
from bandeja.notifications.told import read as mark_read
from bandeja.notifications.told import unread, unread_count
from bandeja.people import members
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from tests.cast import Cast

Read = Callable[[], int]
pytestmark = pytest.mark.django_db


def give(cast: Cast, conversation: Conversation, to: Agent, by: Agent) -> None:
    lifecycle.assign([conversation.pk], to.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(by))


def note(cast: Cast, conversation: Conversation, text: str) -> None:
    by = Actor.agent(cast.ana)
    written = lifecycle.reply(conversation.pk, text, scope=Scope(cast.workspace.pk), by=by, note=True)
    naming.record(written.messages[0])


def of_bruno(cast: Cast, text: str = "Hola") -> Conversation:
    conversation = cast.write("Lía", text=text)
    give(cast, conversation, cast.bruno, cast.bruno)
    return conversation


def kinds(agent: Agent) -> list[tuple[str, int]]:
    return [(each.kind, each.count) for each in unread(agent)]


def test_who_is_given_a_conversation_is_told_and_by_whom(cast: Cast, read: Read) -> None:
    give(cast, cast.write("Lía"), cast.bruno, cast.ana)
    read()
    told = Notification.objects.get(kind=Kind.ASSIGNED)
    assert (told.agent, told.actor_id) == (cast.bruno, cast.ana.pk)


def test_who_takes_one_is_not_told_that_they_did(cast: Cast, read: Read) -> None:
    conversation = cast.write("Lía")
    read()
    give(cast, conversation, cast.bruno, cast.bruno)
    read()
    assert kinds(cast.bruno) == []


def test_messages_in_ones_own_are_counted_in_one_line(cast: Cast, read: Read) -> None:
    of_bruno(cast)
    for _ in range(3):
        cast.write("Lía")
    read()
    cast.write("Lía")
    read()
    assert kinds(cast.bruno) == [("message", 5)]
    assert kinds(cast.ana) == []


def test_what_is_read_begins_anew(cast: Cast, read: Read) -> None:
    conversation = of_bruno(cast)
    read()
    assert mark_read(cast.bruno, [conversation.pk]) == 1
    assert kinds(cast.bruno) == []
    cast.write("Lía")
    read()
    assert kinds(cast.bruno) == [("message", 1)]


def test_a_message_that_somebody_has_read_waits_no_more(cast: Cast, read: Read) -> None:
    conversation = of_bruno(cast)
    read()
    lifecycle.mark_read([conversation.pk], scope=Scope.of(cast.bruno))
    assert unread_count(cast.bruno) == ""


def test_one_read_before_it_could_be_told_is_not_told(cast: Cast, read: Read) -> None:
    conversation = of_bruno(cast)
    lifecycle.mark_read([conversation.pk], scope=Scope.of(cast.bruno))
    read()
    assert not Notification.objects.filter(kind=Kind.MESSAGE).exists()


def test_what_one_may_no_longer_see_is_not_shown(cast: Cast, read: Read) -> None:
    conversation = of_bruno(cast)
    read()
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.ana)
    assert kinds(cast.bruno) == []


def test_nobody_is_told_what_they_do_not_want(cast: Cast, read: Read) -> None:
    Preference.objects.create(agent=cast.bruno, on_message=False)
    conversation = of_bruno(cast)
    give(cast, conversation, cast.ana, cast.bruno)
    give(cast, conversation, cast.bruno, cast.ana)
    read()
    assert kinds(cast.bruno) == [("assigned", 1)]


def test_who_was_deactivated_is_not_told(cast: Cast, read: Read) -> None:
    of_bruno(cast)
    members.deactivate(cast.bruno, by=None)
    read()
    assert not Notification.objects.exists()


def test_the_past_is_not_told(cast: Cast, read: Read) -> None:
    conversation = cast.write("Lía", at=database_now() - timedelta(days=2))
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.bruno)
    assert read() == 2
    assert not Notification.objects.exists()


def test_each_event_is_read_once_and_none_is_missed(cast: Cast, read: Read) -> None:
    of_bruno(cast)
    assert read() > 0
    assert read() == 0
    cast.write("Lía")
    assert read() == 1


def test_who_begins_to_read_is_not_told_of_what_was_there(cast: Cast, read: Read) -> None:
    from bandeja.notifications.models import Reader

    Reader.objects.all().delete()
    of_bruno(cast)
    assert read() == 0
    assert not Notification.objects.exists()


def test_a_device_is_told_only_where_there_is_one_and_one_may_be_disturbed(
    cast: Cast, read: Read, device: Callable[..., Device]
) -> None:
    of_bruno(cast)
    read()
    assert Notification.objects.get().push_at is None
    device(cast.bruno)
    cast.write("Lía")
    read()
    told = Notification.objects.get()
    assert told.push_at is not None
    Notification.objects.update(push_at=None)
    Preference.objects.create(agent=cast.bruno, quiet=True)
    cast.write("Lía")
    read()
    assert Notification.objects.get().push_at is None


def test_who_is_named_in_a_note_is_told_by_whom(cast: Cast, read: Read) -> None:
    conversation = cast.write("Lía")
    note(cast, conversation, "@Bruno, ¿la llamas?")
    read()
    told = Notification.objects.get()
    assert (told.agent, told.kind, told.actor_id) == (cast.bruno, Kind.MENTIONED, cast.ana.pk)


def test_who_has_seen_the_note_is_not_told_of_it(cast: Cast, read: Read) -> None:
    conversation = cast.write("Lía")
    note(cast, conversation, "@Bruno")
    naming.see(cast.bruno, conversation.pk)
    read()
    assert not Notification.objects.exists()


def test_what_is_a_month_old_is_forgotten(cast: Cast, read: Read) -> None:
    of_bruno(cast)
    read()
    assert prune.step() == 0
    Notification.objects.update(at=database_now() - timedelta(days=31))
    assert prune.step() == 1
