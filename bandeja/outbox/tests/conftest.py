"""What the tests of the send lane share: a number that sends, a contact who has just written, and a lane."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bandeja.channels import accounts, registry
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.outbox.lane import Lane
from tests.cast import Cast
from tests.clock import Clock
from tests.lines import FakeSender

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> FakeSender:
    """What WhatsApp is in these tests."""
    fake = FakeSender()
    monkeypatch.setitem(registry.SENDERS, "whatsapp", fake)
    return fake


@pytest.fixture
def number(cast: Cast, clock: Clock, sender: FakeSender) -> Account:
    """A connected WhatsApp number, at noon."""
    clock.set(NOON)
    return accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", token="secreto")


@pytest.fixture
def contact(cast: Cast, number: Account) -> Callable[[str], Conversation]:
    """A contact of that number who has just written, and whom we may answer therefore."""

    def written(who: str, account: Account | None = None) -> Conversation:
        conversation = cast.write(who, account=account or number)
        Conversation.objects.filter(pk=conversation.pk).update(window_at=NOON, address=f"wa_id:{who}")
        return conversation

    return written


@pytest.fixture
def lia(contact: Callable[[str], Conversation]) -> Conversation:
    return contact("lia")


@pytest.fixture
def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


@pytest.fixture
def say(by_ana: dict[str, Any]) -> Callable[..., Message]:
    """Ana answers."""
    return lambda conversation, text="Hola", **more: lifecycle.reply(conversation.pk, text, **by_ana, **more).message


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.close()


def answered(lane: Lane) -> None:
    """Wait until every call under way has its answer; nothing is recorded yet."""
    until = time.monotonic() + 10
    while lane._busy.total() > lane._answers.qsize():
        assert time.monotonic() < until, "a call did not come back"
        time.sleep(0.001)


@pytest.fixture
def drive(lane: Lane) -> Callable[[], None]:
    """Repeat the lane's step, each call answered before the next, until it has nothing to do."""

    def run() -> None:
        while lane.step().count or lane._busy.total():
            answered(lane)

    return run
