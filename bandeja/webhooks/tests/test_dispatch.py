"""What was published becomes deliveries: once each, for whoever wants it, in order, and of nobody else's events."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from bandeja.conversations import erase
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import EventKind
from bandeja.conversations.scope import Scope
from bandeja.webhooks import dispatch, endpoints
from bandeja.webhooks.models import Cursor, Delivery, WebhookMessage
from bandeja.webhooks.tests.stories import dispatched, make_webhook, publish
from tests.cast import Cast

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"


def kinds() -> list[str]:
    return list(WebhookMessage.objects.order_by("id").values_list("kind", flat=True))


def test_what_happens_is_told_to_each_webhook_that_wants_it(cast: Cast) -> None:
    everything = make_webhook(cast.ana, URL)
    openings = make_webhook(cast.ana, URL, [EventKind.CONVERSATION_OPENED])
    cast.write()
    dispatched()
    assert sorted(kinds()) == ["conversation_opened", "message_received"]
    assert Delivery.objects.filter(webhook=everything).count() == 2
    assert Delivery.objects.filter(webhook=openings).count() == 1


def test_what_nobody_wants_is_not_kept(cast: Cast) -> None:
    make_webhook(cast.ana, URL, [EventKind.CONTACT_BLOCKED])
    cast.write()
    dispatched()
    assert kinds() == []


def test_another_workspace_is_told_of_nothing(cast: Cast, carla: Cast) -> None:
    theirs = make_webhook(carla.ana, URL)
    make_webhook(cast.ana, URL)
    cast.write()
    dispatched()
    assert not Delivery.objects.filter(webhook=theirs).exists()


def test_what_happened_before_is_not_told(cast: Cast) -> None:
    cast.write()
    publish()
    make_webhook(cast.ana, URL)
    cast.write(text="otra")
    dispatched()
    assert kinds() == ["message_received"]


def test_nothing_is_told_twice(cast: Cast) -> None:
    make_webhook(cast.ana, URL)
    cast.write()
    dispatched()
    dispatched()
    assert Delivery.objects.count() == 2
    assert dispatch.step() == 0


def test_whatever_was_cut_off_half_way_is_done_again_and_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make_webhook(cast.ana, URL)
    cast.write()
    publish()
    with monkeypatch.context() as broken:
        broken.setattr(Cursor.objects, "update", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dispatch.step()
    assert Delivery.objects.count() == 0
    dispatched()
    assert Delivery.objects.count() == 2


def test_batches_go_on_where_the_last_one_ended(cast: Cast) -> None:
    webhook = make_webhook(cast.ana, URL, [EventKind.MESSAGE_RECEIVED])
    for number in range(5):
        cast.write(text=f"mensaje {number}")
    publish()
    while dispatch.step(limit=2):
        pass
    assert Delivery.objects.filter(webhook=webhook).count() == 5


def test_only_the_first_of_a_conversation_may_be_tried(cast: Cast) -> None:
    webhook = make_webhook(cast.ana, URL)
    for who in ("lia", "lia", "mia"):
        cast.write(who)
        dispatched()
    waiting = Delivery.objects.filter(webhook=webhook)
    assert waiting.count() == 5
    assert waiting.filter(look_at__isnull=False).count() == 2, "one for each conversation"


def test_a_disabled_webhook_is_told_nothing_of_what_happens_meanwhile(cast: Cast) -> None:
    webhook = make_webhook(cast.ana, URL)
    endpoints.disable(webhook.pk, by=cast.ana)
    cast.write()
    dispatched()
    endpoints.enable(webhook.pk, by=cast.ana)
    dispatched()
    assert kinds() == []
    cast.write(text="otra")
    dispatched()
    assert kinds() == ["message_received"]


def test_without_webhooks_nothing_is_read(cast: Cast) -> None:
    cast.write()
    publish()
    assert dispatch.step() == 0


def test_erasing_a_contact_erases_what_was_told_of_them(cast: Cast) -> None:
    make_webhook(cast.ana, URL)
    conversation = cast.write(text="Secreto")
    dispatched()
    erase.erase(conversation.contact_id, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    assert not WebhookMessage.objects.exists()


def test_a_message_published_before_a_merge_is_told_after_it(cast: Cast) -> None:
    webhook = make_webhook(cast.ana, URL, [EventKind.MESSAGE_RECEIVED])
    lia, noa = cast.write("lia"), cast.write("noa", "mi pedido")
    publish()
    merge(lia.contact_id, noa.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    dispatched()
    assert Delivery.objects.filter(webhook=webhook).count() == 2
    assert set(WebhookMessage.objects.values_list("conversation", flat=True)) == {lia.pk}


@pytest.mark.django_db(transaction=True)
def test_a_contact_erased_at_that_moment_is_not_told_of(cast: Cast) -> None:
    """Whoever erases waits for the dispatch, or it for them: nothing is kept of who is gone."""
    make_webhook(cast.ana, URL)
    lia = cast.write("lia")
    publish()
    begun, over = threading.Event(), threading.Event()

    def dispatch_slowly() -> None:
        with transaction.atomic():
            dispatch.step()
            begun.set()
            over.wait(0.5)
        connection.close()

    somebody = threading.Thread(target=dispatch_slowly)
    somebody.start()
    begun.wait(30)
    erase.erase(lia.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    over.set()
    somebody.join()
    assert not WebhookMessage.objects.exists()
