"""Echoes of our own messages where the channel gives nothing of ours back: recognised by their text (meta.md E7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.channels.contract import Inbound, State
from bandeja.conversations.handle import handle_of
from bandeja.conversations.models import Conversation, Message
from bandeja.intake.own import recognise
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lia(cast: Cast, clock: Clock) -> Conversation:
    clock.set(NOON)
    return cast.write("lia")


def sent(lia: Conversation, **more: Any) -> Message:
    about = {"direction": "out", "kind": "text", "text": "Hola", "author_kind": "agent", "state": State.UNKNOWN}
    place = {"workspace_id": lia.workspace_id, "account_id": lia.account_id, "conversation": lia}
    return Message.objects.create(**place, **(about | {"at": NOON, "state_at": NOON} | more))


def echo(lia: Conversation, external_id: str = "e1", text: str = "Hola") -> Inbound:
    identity = ("visitor", "lia")
    return Inbound(lia.account_id, external_id, identity, text=text, provider_at=NOON, echo=True)


def test_one_of_unknown_fate_is_known_by_its_text(lia: Conversation) -> None:
    message = sent(lia)
    rest, ours = recognise([echo(lia)])
    assert (rest, [status.handle for status in ours]) == ([], [handle_of(message.pk)])


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_it_counts_from_when_it_was_sent_however_long_it_waited(lia: Conversation, state: State) -> None:
    """Behind others, for a channel that asked for a pause, or sent once more by a person."""
    message = sent(lia, state=state, at=NOON - 60 * MINUTE)
    assert [status.handle for status in recognise([echo(lia)])[1]] == [handle_of(message.pk)]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Hola."},
        {"state": State.ACCEPTED},
        {"state": State.FAILED},
        {"state": State.QUEUED},
        {"direction": "in"},
        {"at": NOON - 3 * MINUTE, "state_at": NOON - 3 * MINUTE},
        {"at": NOON + 2 * MINUTE, "state_at": NOON + 2 * MINUTE},
    ],
)
def test_what_it_cannot_be_stays_a_message_of_its_own(lia: Conversation, other: dict[str, Any]) -> None:
    sent(lia, **other)
    assert recognise([echo(lia)]) == ([echo(lia)], [])


def test_two_that_say_the_same_are_two(lia: Conversation) -> None:
    first, second = sent(lia), sent(lia)
    rest, ours = recognise([echo(lia, "e1"), echo(lia, "e2")])
    assert rest == []
    assert [(status.external_id, status.handle) for status in ours] == [
        ("e1", handle_of(first.pk)),
        ("e2", handle_of(second.pk)),
    ]


def test_one_message_answers_for_one_echo(lia: Conversation) -> None:
    sent(lia)
    rest, ours = recognise([echo(lia, "e1"), echo(lia, "e2")])
    assert ([each.external_id for each in rest], len(ours)) == (["e2"], 1)
