"""Delivering: signed, in order, again and again until it works or three days are over; nobody waits for another."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import erase
from bandeja.conversations.models import EventKind
from bandeja.conversations.scope import Scope
from bandeja.webhooks import endpoints, lane
from bandeja.webhooks.lane import Lane
from bandeja.webhooks.models import Attempt, Delivery, DeliveryState, Webhook
from bandeja.webhooks.outside import Answer, Failure
from bandeja.webhooks.tests.receiver import Receiver, Reply
from bandeja.webhooks.tests.stories import delivered, dispatched, later, make_webhook, publish, run, states
from tests.cast import Cast
from tests.clock import Clock
from tests.install import eventually

pytestmark = pytest.mark.django_db
RECEIVED = [EventKind.MESSAGE_RECEIVED]


def fresh(webhook: Webhook) -> Webhook:
    webhook.refresh_from_db()
    return webhook


def texts(receiver: Receiver) -> list[str]:
    return [told.said["data"]["message"]["text"] for told in receiver.told]


def test_a_second_implementation_verifies_our_signatures(cast: Cast, receiver: Receiver, clock: Clock) -> None:
    clock.tell_the_time()
    publish()
    _, secret = endpoints.add(cast.workspace, name="CRM", url=receiver.url, events=RECEIVED, by=cast.ana)
    cast.write(text="¿Cuánto cuesta? 💬")
    delivered()
    (told,) = receiver.told
    assert secret.startswith("whsec_")
    assert Verifier(secret).verify(told.body, told.headers)["type"] == "message_received"
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(told.body + b" ", told.headers)


def test_both_secrets_sign_while_they_overlap(cast: Cast, receiver: Receiver, clock: Clock) -> None:
    clock.tell_the_time()
    publish()
    webhook, old = endpoints.add(cast.workspace, name="CRM", url=receiver.url, events=RECEIVED, by=cast.ana)
    new = endpoints.rotate(webhook.pk, by=cast.ana)
    cast.write()
    delivered()
    for secret in (old, new):
        Verifier(secret).verify(receiver.told[0].body, receiver.told[0].headers)
    later(hours=25)
    cast.write(text="otra")
    delivered()
    Verifier(new).verify(receiver.told[1].body, receiver.told[1].headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(receiver.told[1].body, receiver.told[1].headers)


def test_secrets_are_kept_sealed(cast: Cast) -> None:
    webhook, secret = endpoints.add(cast.workspace, name="CRM", url="https://a.example", events=RECEIVED, by=cast.ana)
    assert secret not in fresh(webhook).secret


def test_request_and_answer_are_in_the_log(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(500, b"caf\xc3\xa9 \x00 \xff", {"X-Trace": "7"}))
    cast.write()
    delivered()
    attempt = Attempt.objects.get(webhook_id=webhook.pk)
    assert (attempt.status, attempt.failure) == (500, Failure.REFUSED)
    assert attempt.body == "café � �"
    assert attempt.headers["x-trace"] == "7"
    assert attempt.request_headers["webhook-id"] == f"evt_{attempt.message_id}"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.tries) == (DeliveryState.WAITING, 500, 1)


def test_a_failure_is_tried_again_under_the_same_id_with_a_new_timestamp(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(500), Reply(200))
    cast.write()
    delivered()
    run(Lane())
    assert len(receiver.told) == 1, "not before its time"
    later(seconds=6)
    run(Lane())
    first, second = receiver.told
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert states(webhook) == ["delivered"]
    assert (fresh(webhook).failures, webhook.failing_since) == (0, None)


def test_order_is_kept_within_a_conversation_while_one_fails(cast: Cast) -> None:
    make_webhook(cast.ana, "https://a.example", RECEIVED)
    for who, text in (("lia", "uno"), ("lia", "dos"), ("lia", "tres"), ("mia", "de otra")):
        cast.write(who, text=text)
    heard: list[str] = []

    def post(_url: str, body: bytes, _headers: Mapping[str, str]) -> Answer:
        heard.append(json.loads(body)["data"]["message"]["text"])
        return Answer(422, failure=Failure.REFUSED) if heard.count("uno") == 1 and heard[-1] == "uno" else Answer(200)

    delivered(Lane(post=post))
    assert sorted(heard) == ["de otra", "uno"], "what stands behind it waits, and nobody else"
    later(seconds=6)
    run(Lane(post=post))
    assert heard[2:] == ["uno", "dos", "tres"]


def test_what_comes_while_one_is_under_way_waits_for_it(cast: Cast, receiver: Receiver) -> None:
    make_webhook(cast.ana, receiver.url, RECEIVED)
    cast.write(text="uno")
    dispatched()
    (claimed,) = lane.claim(10)
    cast.write(text="dos")
    dispatched()
    assert lane.claim(10) == []
    lane.settle([lane.Landed(claimed, {}, Answer(200))])
    (following,) = lane.claim(10)
    assert b'"dos"' in following.body


def test_after_three_days_the_webhook_is_disabled_and_what_waits_is_kept(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(503))
    for text in ("uno", "dos"):
        cast.write(text=text)
    delivered()
    pauses = []
    for _ in range(100):
        if fresh(webhook).disabled_at:
            break
        resting = webhook.look_at - Attempt.objects.latest("id").at
        pauses.append(round(resting.total_seconds()))
        later(seconds=resting.total_seconds() + 1)
        run(Lane())
    assert pauses[:6] == [5, 30, 120, 600, 1_800, 3_600]
    assert 3 * 86_400 <= sum(pauses) < 3 * 86_400 + 2 * 3_600
    assert webhook.disabled_why == "failing"
    assert webhook.notice_at
    assert states(webhook) == ["failed", "waiting"]
    later(days=1)
    run(Lane())
    assert len(receiver.told) == len(pauses) + 1, "it is left alone"
    receiver.put(Reply(200))
    endpoints.enable(webhook.pk, by=cast.ana)
    run(Lane())
    assert states(webhook) == ["failed", "delivered"]
    assert endpoints.again(webhook.pk) == 1
    run(Lane())
    assert states(webhook) == ["delivered", "delivered"]


def test_one_that_is_refused_for_itself_disables_nothing_while_others_arrive(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(422))
    cast.write(text="rechazado")
    delivered()
    for day in range(4):
        later(days=1)
        receiver.put(Reply(200))
        cast.write(f"otra{day}")
        Delivery.objects.filter(tries__gt=0, state="waiting").update(first_at=None)
        dispatched()
        receiver.put(Reply(422), Reply(200))
        run(Lane())
    assert fresh(webhook).disabled_at is None


def test_an_address_that_is_gone_is_disabled_at_once(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(410))
    cast.write()
    delivered()
    assert fresh(webhook).disabled_why == "gone"
    assert webhook.notice_at


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(429, headers={"Retry-After": "90"}))
    cast.write()
    delivered()
    resting = fresh(webhook).look_at - Attempt.objects.get().at
    assert timedelta(seconds=89) < resting < timedelta(seconds=100)


def test_several_failures_at_once_count_as_one_round(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(500))
    for number in range(8):
        cast.write(f"lia{number}")
    delivered()
    assert fresh(webhook).failures == 1


def test_a_failing_webhook_is_tried_with_one_at_a_time(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    Webhook.objects.filter(pk=webhook.pk).update(failures=2)
    for number in range(8):
        cast.write(f"lia{number}")
    dispatched()
    assert len(lane.claim(32)) == 1


def test_a_worker_that_is_killed_lets_it_be_sent_once_more_under_the_same_id(cast: Cast, receiver: Receiver) -> None:
    """It was posted, and nobody lived to write it down."""
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    cast.write()
    dispatched()
    (lost,) = lane.claim(10)
    assert lane.claim(10) == [], "its lease holds"
    later(seconds=61)
    run(Lane())
    (told,) = receiver.told
    assert told.headers["webhook-id"] == lost.headers["webhook-id"]
    lane.settle([lane.Landed(lost, {}, Answer(500, failure=Failure.REFUSED))])
    assert states(webhook) == ["delivered"], "what the first one says now is too late"


def test_what_was_pruned_while_it_was_sent_leaves_no_attempt_behind(cast: Cast, receiver: Receiver) -> None:
    make_webhook(cast.ana, receiver.url, RECEIVED)
    cast.write()
    dispatched()
    (sent,) = lane.claim(10)
    Delivery.objects.all().delete()
    lane.settle([lane.Landed(sent, {}, Answer(200))])
    assert not Attempt.objects.exists()


def test_what_a_receiver_said_again_of_who_is_erased_goes_with_them(cast: Cast, receiver: Receiver) -> None:
    make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(body=b"Hola, Lia Restrepo"))
    lia = cast.write("lia")
    delivered()
    cast.write("lia", "otra cosa")
    dispatched()
    (late,) = lane.claim(10)
    assert Attempt.objects.get().body == "Hola, Lia Restrepo"
    erase(lia.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    lane.settle([lane.Landed(late, {}, Answer(200, body=b"Hola, Lia Restrepo"))])
    assert not Attempt.objects.exists()


def test_a_secret_of_another_installation_fails_and_breaks_nothing(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    Webhook.objects.filter(pk=webhook.pk).update(secret="nonsense")
    cast.write()
    delivered()
    assert receiver.told == []
    assert states(webhook) == ["waiting"]


class Dead:
    """Nobody answers at `dead`, which is found out when `patience` is at its end; all others answer at once."""

    def __init__(self, dead: str) -> None:
        self.dead, self.calls = dead, 0
        self.patience = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        del body, headers
        if url != self.dead:
            return Answer(200)
        with self._lock:
            self.calls += 1
        self.patience.wait(60)
        return Answer(failure=Failure.TOO_SLOW)


def test_10_000_for_a_dead_address_slow_nobody_else(cast: Cast) -> None:
    dead = make_webhook(cast.ana, "https://dead.example", RECEIVED)
    alive = make_webhook(cast.ana, "https://alive.example", RECEIVED, name="Vivo")
    cast.write("lia")
    dispatched()
    queue_up(dead, 10_000)
    post = Dead(dead.url)
    sending = Lane(post=post)
    while states(alive) != ["delivered"]:
        sending.step()
    assert not post.patience.is_set(), "before the dead one has even failed"
    assert eventually(lambda: post.calls == lane.EACH)
    post.patience.set()
    run(sending)
    assert fresh(dead).failures == 1
    post.patience.clear()
    for number in range(20):
        cast.write(f"mia{number}")
    dispatched()
    while states(alive) != ["delivered"] * 21:
        sending.step()
    assert post.calls <= lane.EACH + 1, "it rests, whatever waits for it"
    post.patience.set()
    run(sending)


def queue_up(webhook: Webhook, count: int) -> None:
    """So many more wait, each in a conversation of its own, all due."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """insert into webhook_message (id, workspace_id, kind, body)
               select 1000000 + n, %s, 'message_received', '{}' from generate_series(1, %s) as n""",
            [webhook.workspace_id, count],
        )
        cursor.execute(
            """insert into webhook_delivery (webhook_id, message_id, conversation_id, look_at)
               select %s, 1000000 + n, 1000000 + n, bandeja_now() - interval '1 hour'
               from generate_series(1, %s) as n""",
            [webhook.pk, count],
        )
