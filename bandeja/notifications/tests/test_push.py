"""What devices are told, when, how often, and what becomes of one that is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.guard import Network
from bandeja.notifications import push, webpush
from bandeja.notifications.models import Device, Notification, Preference
from bandeja.people import members
from bandeja.people.clock import database_now
from tests.cast import Cast

Read = Callable[[], int]
pytestmark = pytest.mark.django_db


class Service:
    """A push service that keeps what it is given; it answers `status`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status = 201
        self.requests: list[httpx.Request] = []
        self.contents: list[dict[str, str]] = []
        self.lane = push.Lane(httpx.Client(transport=httpx.MockTransport(self._answer)))
        # Sealed it would tell nothing: what is sealed is looked at in test_webpush.
        monkeypatch.setattr(push, "encrypt", lambda content, _to: content)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.contents.append(json.loads(request.content))
        return httpx.Response(self.status)

    def step(self) -> int:
        """As when everything is due."""
        Notification.objects.filter(push_at__isnull=False).update(push_at=database_now() - timedelta(seconds=1))
        return self.lane.step()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


@pytest.fixture
def waiting(cast: Cast, read: Read, device: Callable[..., Device]) -> Conversation:
    """Somebody has just written to Bruno, who has a telephone and reads Spanish."""
    device(cast.bruno)
    conversation = cast.write("Lía", text="Secreto")
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.bruno)
    read()
    return conversation


def test_a_device_is_told_without_a_name_or_a_word_of_it(waiting: Conversation, service: Service) -> None:
    assert service.step() == 1
    (content,) = service.contents
    assert content == {
        "title": "Bandeja",
        "body": "Alguien escribió en una de tus conversaciones.",
        "url": f"/inbox/{waiting.pk}",
        "tag": f"c{waiting.pk}",
    }
    (request,) = service.requests
    assert request.headers["Authorization"].startswith("vapid t=")
    assert request.headers["Topic"] == f"c{waiting.pk}"
    assert service.step() == 0


def test_it_says_who_and_what_to_who_chose_so(cast: Cast, waiting: Conversation, service: Service) -> None:
    Preference.objects.create(agent=cast.bruno, push_says_who=True)
    service.step()
    assert (service.contents[0]["title"], service.contents[0]["body"]) == ("Lía", "Secreto")


def test_it_is_not_due_at_once(waiting: Conversation, service: Service) -> None:
    assert service.lane.step() == 0


def test_what_was_read_meanwhile_is_not_pushed(cast: Cast, waiting: Conversation, service: Service) -> None:
    lifecycle.mark_read([waiting.pk], scope=Scope.of(cast.bruno))
    assert service.step() == 1
    assert service.contents == []


def test_what_one_may_no_longer_see_is_not_pushed(cast: Cast, waiting: Conversation, service: Service) -> None:
    Conversation.objects.filter(pk=waiting.pk).update(owner=cast.ana)
    service.step()
    assert service.contents == []


def test_nobody_deactivated_or_not_to_be_disturbed_is_told(
    cast: Cast, waiting: Conversation, service: Service
) -> None:
    Preference.objects.create(agent=cast.bruno, quiet=True)
    service.step()
    Preference.objects.all().delete()
    members.deactivate(cast.bruno, by=None)
    Notification.objects.update(push_at=database_now(), push_tries=0)
    service.step()
    assert service.contents == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_goes(waiting: Conversation, service: Service, status: int) -> None:
    service.status = status
    service.step()
    assert not Device.objects.exists()
    assert Notification.objects.get().push_at is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_a_service_cannot_take_now_is_tried_once_more(
    waiting: Conversation, service: Service, status: int
) -> None:
    service.status = status
    for _ in range(4):
        service.step()
    assert len(service.requests) == 2
    assert Notification.objects.get().push_at is None
    assert Device.objects.exists()


def test_who_is_killed_half_way_lets_it_be_sent_once_more(waiting: Conversation, service: Service) -> None:
    Notification.objects.update(push_at=database_now() - timedelta(seconds=1))
    claimed = push._claim()
    assert [again for _key, again in claimed] == [True]  # and here it is killed, having sent or not
    assert service.lane.step() == 0  # the lease holds
    service.step()
    service.step()
    assert len(service.requests) == 1


def test_many_at_once_are_told_as_one(cast: Cast, waiting: Conversation, read: Read, service: Service) -> None:
    for number in range(4):
        other = cast.write(f"Cliente {number}")
        Conversation.objects.filter(pk=other.pk).update(owner=cast.bruno)
    read()
    assert service.step() == 5
    (content,) = service.contents
    assert content["body"] == "5 conversaciones te esperan"


def test_a_device_in_our_own_network_is_never_called(cast: Cast, waiting: Conversation) -> None:
    Device.objects.update(endpoint="https://127.0.0.1:1/")
    Notification.objects.update(push_at=database_now() - timedelta(seconds=1))
    lane = push.Lane(Network().client())
    lane.step()
    lane.close()
    assert not Device.objects.exists()


@pytest.mark.parametrize("host", ["☃.net", "a·.example.com", "xn--a.com"])
def test_an_address_that_is_none_costs_nobody_else_their_push(
    cast: Cast, waiting: Conversation, device: Callable[..., Device], service: Service, host: str
) -> None:
    device(cast.bruno, f"https://{host}/x")
    assert service.step() == 1
    assert len(service.contents) == 1
    assert Device.objects.get().endpoint == "https://push.example/1"
    assert Notification.objects.get().push_at is None


def test_what_a_service_says_beyond_its_status_is_not_listened_to(waiting: Conversation) -> None:
    """It may never end; and where it leads is not our business."""
    read: list[bytes] = []

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            read.append(b" " * 65536)
            yield read[-1]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "push.example"
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/"}, content=endless())

    client = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True)
    Notification.objects.update(push_at=database_now() - timedelta(seconds=1))
    lane = push.Lane(client)
    assert lane.step() == 1
    lane.close()
    assert not read


def test_a_batch_ends_before_its_lease(
    waiting: Conversation, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not begun in time is left for the one try it still has."""
    assert push.LEASE.total_seconds() > push.IN_ALL + push.TIMEOUT
    monkeypatch.setattr(push, "IN_ALL", -1.0)
    service.step()
    assert service.contents == []
    assert Notification.objects.get().push_at is not None


def test_a_service_that_knows_another_key_of_ours_is_told_in_the_log(
    waiting: Conversation, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.status = 403
    service.step()
    assert [each.levelname for each in caplog.records if each.name == push.__name__] == ["WARNING"]
    assert Device.objects.exists()


def test_only_its_browser_can_read_it(
    cast: Cast, waiting: Conversation, device: Callable[..., Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed with a key of our own making, it opens with that key."""
    sealed: list[bytes] = []
    theirs = ec.generate_private_key(webpush.CURVE)
    Device.objects.update(p256dh=webpush.written(webpush._point(theirs)))

    def keep(request: httpx.Request) -> httpx.Response:
        sealed.append(request.content)
        return httpx.Response(201)

    lane = push.Lane(httpx.Client(transport=httpx.MockTransport(keep)))
    Notification.objects.update(push_at=database_now() - timedelta(seconds=1))
    lane.step()
    lane.close()
    assert b"Bandeja" in opened(sealed[0], theirs, webpush.plain(Device.objects.get().auth))


def opened(sealed: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, public, body = sealed[:16], sealed[21:86], sealed[86:]
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, public))
    secret = webpush._derive(shared, auth, b"WebPush: info\0" + webpush._point(key) + public, 32)
    sealing = webpush._derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = webpush._derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    return AESGCM(sealing).decrypt(nonce, body, None)
