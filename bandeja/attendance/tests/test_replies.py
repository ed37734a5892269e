"""Automatic replies of who is away: once in an absence, and nothing else moves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bandeja.attendance import replies
from bandeja.channels import registry
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation, Direction, Message
from bandeja.conversations.scope import Scope
from bandeja.people import presence
from bandeja.people.models import State, Workspace
from tests.cast import Cast
from tests.clock import Clock
from tests.lines import FakeSender

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def lia(cast: Cast, noon: datetime) -> Conversation:
    """Lía's conversation, which is Bruno's; he is away from noon on and has something to say."""
    presence.answer_with(cast.bruno, "Vuelvo mañana")
    presence.choose(cast.bruno, State.AWAY)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana(cast))
    return lia


def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}


def said(conversation: Conversation) -> list[str]:
    sent = conversation.messages.filter(direction=Direction.OUT).order_by("pk")
    return list(sent.values_list("text", flat=True))


def test_the_contact_is_answered_once_in_an_absence(cast: Cast, clock: Clock, lia: Conversation) -> None:
    assert replies.step() == 1
    clock.advance(minutes=5)
    cast.write("lia")
    assert replies.step() == 0
    assert said(lia) == ["Vuelvo mañana"]
    presence.choose(cast.bruno, State.ONLINE)
    clock.advance(minutes=5)
    presence.choose(cast.bruno, State.AWAY)
    assert replies.step() == 0, "what was written before is no news to this absence"
    clock.advance(minutes=1)
    cast.write("lia")
    replies.step()
    assert said(lia) == ["Vuelvo mañana"] * 2


def test_a_contact_with_two_conversations_is_answered_once(
    cast: Cast, lia: Conversation, another_account: Any
) -> None:
    shop = another_account("Otra")
    lia.contact.identities.create(account=shop, workspace_id=lia.workspace_id, kind="visitor", value="otra")
    other = cast.write("otra", account=shop)
    lifecycle.assign([other.pk], cast.bruno.pk, **by_ana(cast))
    replies.step()
    replies.step()
    assert len(said(lia) + said(other)) == 1


def test_it_moves_no_clock_and_is_nobodys_words(cast: Cast, clock: Clock, lia: Conversation) -> None:
    """closing C2, invariant 2"""
    cast.rule()
    clock.advance(seconds=1)
    cast.write("lia")
    before = Conversation.objects.filter(pk=lia.pk).values("armed_at", "look_at", "unread", "last_inbound_at").get()
    clock.advance(seconds=30)
    replies.step()
    assert Conversation.objects.filter(pk=lia.pk).values(*before).get() == before
    message = Message.objects.get(conversation=lia, direction=Direction.OUT)
    assert (message.author_kind, message.author, message.counts) == ("system", None, False)


@pytest.mark.parametrize("state", [State.ONLINE, State.RECEIVING])
def test_whoever_is_there_or_still_receives_answers_for_themselves(
    cast: Cast, lia: Conversation, state: State
) -> None:
    presence.choose(cast.bruno, state)
    assert replies.step() == 0


def test_nothing_is_sent_unless_there_is_something_to_say(cast: Cast, lia: Conversation) -> None:
    presence.answer_with(cast.bruno, "")
    assert replies.step() == 0


def test_whoever_is_idle_is_away_where_the_workspace_says_so(cast: Cast, clock: Clock, lia: Conversation) -> None:
    presence.choose(cast.bruno, State.ONLINE)
    Workspace.objects.update(idle_state=State.AWAY)
    clock.advance(minutes=16)
    assert replies.step() == 0, "Lía wrote while he was there"
    cast.write("lia")
    assert replies.step() == 1


def test_what_somebody_answered_or_closed_is_left_alone(cast: Cast, lia: Conversation) -> None:
    lifecycle.reply(lia.pk, "Yo te ayudo", **by_ana(cast))
    teo = cast.write("teo")
    lifecycle.assign([teo.pk], cast.bruno.pk, **by_ana(cast))
    lifecycle.close([teo.pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
    assert replies.step() == 0


def test_others_conversations_are_left_alone(cast: Cast, lia: Conversation) -> None:
    lifecycle.assign([lia.pk], cast.ana.pk, **by_ana(cast))
    cast.write("teo")
    assert replies.step() == 0


def test_a_closed_window_is_not_tried_again(cast: Cast, lia: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.SENDERS, "webchat", FakeSender())
    assert [replies.step(), replies.step()] == [1, 0]
    assert said(lia) == []
