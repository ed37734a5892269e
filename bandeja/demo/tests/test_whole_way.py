"""The whole way on each of Meta's channels: a customer writes, the team answers, and it is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bandeja.channels.models import Account, ChannelKey, MetaApp, Receipt
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Direction, Message
from bandeja.conversations.reply import reply
from bandeja.conversations.scope import Scope
from bandeja.demo import phones
from bandeja.intake import drain
from bandeja.outbox.lane import Lane
from bandeja.standin.client import Control
from tests.cast import Cast
from tests.clock import Clock
from tests.standin import Callback

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app(clock: Clock, cast: Cast, standin: Control, callback: Callback, monkeypatch: pytest.MonkeyPatch) -> MetaApp:
    clock.tell_the_time()
    monkeypatch.setenv("BANDEJA_STANDIN_PORT", str(urlsplit(standin.url).port))
    monkeypatch.setenv("BANDEJA_PORT", str(urlsplit(callback.url).port))
    app = phones.connect(cast.workspace)
    callback.verify_token = app.verify_token
    phones.teach(app, standin)
    return app


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.close()


def come_in(app: MetaApp, standin: Control, callback: Callback) -> None:
    """What was delivered is stored, as the door does, and drained."""
    standin.settle()
    for told in callback.told:
        Receipt.objects.create(app_id=app.pk, channel="meta", body=told.body)
    callback.told.clear()
    while drain.step():
        pass
    assert not Receipt.objects.filter(processed_at=None).exists()
    assert not Receipt.objects.exclude(bad_items=None).exists()


@pytest.mark.parametrize("channel", [ChannelKey.WHATSAPP, ChannelKey.MESSENGER, ChannelKey.INSTAGRAM])
def test_a_customer_writes_the_team_answers_and_it_is_read(
    channel: ChannelKey, cast: Cast, app: MetaApp, standin: Control, callback: Callback, lane: Lane
) -> None:
    line = Account.objects.get(app=app, channel=channel).external_id
    customer = phones.person_id(app, "lia.rendon")
    standin.say(line, customer, text="¿Tienen la azul?")
    standin.say(line, customer, "image")
    come_in(app, standin, callback)
    conversation = Conversation.objects.get(account__channel=channel)
    assert conversation.unread == 2

    reply(conversation.pk, "Sí, en talla M", scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    sent = Message.objects.get(conversation=conversation, direction=Direction.OUT)
    until = time.monotonic() + 20
    while sent.state in {"queued", "sending"} and time.monotonic() < until:
        lane.step()
        sent.refresh_from_db()
        time.sleep(0.01)
    standin.read(line, customer)
    come_in(app, standin, callback)

    sent.refresh_from_db()
    assert sent.state == "read"
    assert Message.objects.filter(conversation=conversation, direction=Direction.OUT).count() == 1
    assert [said["text"] for said in standin.thread(line, customer) if said["ours"]] == ["Sí, en talla M"]
