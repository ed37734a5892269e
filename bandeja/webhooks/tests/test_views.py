"""Settings › Webhooks, as an administrator uses it and nobody else does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bandeja.conversations.models import EventKind
from bandeja.people.models import Agent, AuditEntry, Permission, Subject
from bandeja.webhooks import endpoints, notices, prune
from bandeja.webhooks.models import Attempt, Delivery, Webhook, WebhookMessage
from bandeja.webhooks.tests.receiver import Receiver, Reply
from bandeja.webhooks.tests.stories import delivered, dispatched, later, make_webhook, states
from tests.cast import Cast

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ROOT = "/settings/webhooks"
URL = "https://crm.example.com/bandeja"
TYPED = {"name": "CRM", "url": URL, "events": ["conversation_closed", "message_received"]}


@pytest.fixture
def ana(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ana, backend=BACKEND)
    return client


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return unescape(answer.content.decode())


def test_a_new_webhook_shows_its_secret_once(cast: Cast, ana: Client) -> None:
    shown = ana.post(f"{ROOT}/new", TYPED).content.decode()
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", shown))
    webhook = Webhook.objects.get()
    assert (webhook.workspace, webhook.url, webhook.events) == (cast.workspace, URL, TYPED["events"])
    for path in (ROOT, f"{ROOT}/{webhook.pk}", f"{ROOT}/{webhook.pk}/change"):
        assert "whsec_" not in text(ana, path)
    assert secret not in webhook.secret
    entry = AuditEntry.objects.get(subject=Subject.WEBHOOK)
    assert URL in str(entry.after)
    assert "whsec_" not in str(entry.after)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": " \u200b "}, "Write a name one can see"),
        ({"url": "crm"}, "Write an address such as"),
        ({"url": "https://[::1"}, "Write an address such as"),
        ({"url": "ftp://crm.example.com"}, "Write an address such as"),
        ({"url": "https://ana:clave@crm.example.com"}, "Leave out the user and password"),
        ({"url": "http://crm.example.com"}, "Only https addresses"),
        ({"url": "https://10.0.0.7/x"}, "Only https addresses"),
        ({"url": "https://[::1]/x"}, "Only https addresses"),
        ({"url": "https://localhost/x"}, "Only https addresses"),
        ({"url": "https://169.254.169.254/"}, "Only https addresses"),
        ({"url": "https://crm.example.com/" + "x" * 2_000}, "2000"),
        ({"events": []}, "Choose at least one"),
        ({"events": ["nonsense"]}, "nonsense"),
    ],
)
def test_what_makes_no_webhook_is_refused(cast: Cast, ana: Client, typed: dict[str, object], told: str) -> None:
    cast.ana.language = "en"
    cast.ana.save()
    answer = ana.post(f"{ROOT}/new", {**TYPED, **typed})
    assert answer.status_code == 422
    assert told in unescape(answer.content.decode())
    assert not Webhook.objects.exists()


def test_a_host_of_ones_own_network_may_be_allowed(ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_WEBHOOK_HOSTS", "crm.internal:8080")
    ana.post(f"{ROOT}/new", {**TYPED, "url": "http://crm.internal:8080/x"})
    assert Webhook.objects.exists()


def test_there_may_be_so_many_and_no_more(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST", 1)
    make_webhook(cast.ana, URL)
    assert ana.post(f"{ROOT}/new", TYPED).status_code == 422
    assert Webhook.objects.count() == 1


def test_changing_one_keeps_its_secret(cast: Cast, ana: Client) -> None:
    webhook = make_webhook(cast.ana, URL)
    answer = ana.post(f"{ROOT}/{webhook.pk}/change", {**TYPED, "name": "ERP"})
    assert answer.status_code == 302
    changed = Webhook.objects.get()
    assert (changed.name, changed.secret, changed.events) == ("ERP", webhook.secret, TYPED["events"])


def test_a_new_secret_is_asked_for_and_shown_once(cast: Cast, ana: Client) -> None:
    webhook = make_webhook(cast.ana, URL)
    assert "whsec_" not in text(ana, f"{ROOT}/{webhook.pk}/rotation")
    assert Webhook.objects.get().secret == webhook.secret
    assert "whsec_" in ana.post(f"{ROOT}/{webhook.pk}/rotation").content.decode()
    rotated = Webhook.objects.get()
    assert rotated.old_secret == webhook.secret != rotated.secret


def test_a_test_is_sent_even_where_it_is_disabled(cast: Cast, ana: Client, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url)
    endpoints.disable(webhook.pk, by=cast.ana)
    answer = ana.post(f"{ROOT}/{webhook.pk}/test")
    assert answer.status_code == 302
    delivered()
    (told,) = receiver.told
    assert told.said["type"] == "webhook_test"
    assert "200" in text(ana, answer.headers["Location"])
    receiver.put(Reply(500))
    ana.post(f"{ROOT}/{webhook.pk}/test")
    delivered()
    assert states(webhook) == ["delivered", "failed"], "a test is tried once"
    assert Webhook.objects.get().failing_since is None


def test_the_log_shows_what_was_sent_and_answered(cast: Cast, ana: Client, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, [EventKind.MESSAGE_RECEIVED])
    receiver.put(Reply(400, b"<script>no</script>"))
    cast.write(text="¿Tienen talla M?")
    delivered()
    message_id = Delivery.objects.get().message_id
    assert f"{ROOT}/{webhook.pk}/deliveries/{message_id}" in text(ana, f"{ROOT}/{webhook.pk}")
    raw = ana.get(f"{ROOT}/{webhook.pk}/deliveries/{message_id}").content.decode()
    assert "<script>no" not in raw
    page = unescape(raw)
    assert "¿Tienen talla M?" in page
    assert "webhook-signature" in page
    assert "<script>no</script>" in page


def test_the_log_can_be_filtered_and_goes_on(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandeja.webhooks.log.PAGE", 2)
    webhook = make_webhook(cast.ana, URL, [EventKind.MESSAGE_RECEIVED])
    for number in range(3):
        cast.write(f"lia{number}")
    dispatched()
    first, _second, third = Delivery.objects.order_by("message_id").values_list("message_id", flat=True)
    page = text(ana, f"{ROOT}/{webhook.pk}")
    assert f"/{third}" in page
    assert f"deliveries/{first}" not in page
    (before,) = re.findall(r"before=(\d+)", page)
    assert f"deliveries/{first}" in text(ana, f"{ROOT}/{webhook.pk}?before={before}")
    assert f"deliveries/{first}" not in text(ana, f"{ROOT}/{webhook.pk}?state=failed")
    for nonsense in ("before=x", "before=" + "9" * 40, "state=x"):
        text(ana, f"{ROOT}/{webhook.pk}?{nonsense}")


def test_one_and_all_failed_are_sent_again(cast: Cast, ana: Client, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, [EventKind.MESSAGE_RECEIVED])
    for number in range(3):
        cast.write(f"lia{number}")
    delivered()
    first = Delivery.objects.order_by("message_id")[0].message_id
    ana.post(f"{ROOT}/{webhook.pk}/deliveries/{first}/again")
    delivered()
    assert [told.headers["webhook-id"] for told in receiver.told].count(f"evt_{first}") == 2
    Delivery.objects.update(state="failed", look_at=None)
    ana.post(f"{ROOT}/{webhook.pk}/again")
    delivered()
    assert len(receiver.told) == 7
    assert states(webhook) == ["delivered"] * 3


def test_disabling_and_enabling_are_told_in_the_list(cast: Cast, ana: Client) -> None:
    webhook = make_webhook(cast.ana, URL)
    for path, is_disabled in (("disabling", True), ("disabling", True), ("enabling", False), ("enabling", False)):
        assert ana.post(f"{ROOT}/{webhook.pk}/{path}").status_code == 302
        assert bool(Webhook.objects.get().disabled_at) is is_disabled
    assert AuditEntry.objects.filter(subject=Subject.WEBHOOK).count() == 3, "what changes nothing is not told"


def test_a_removed_webhook_is_gone_and_its_log_goes_bit_by_bit(
    cast: Cast, ana: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    webhook = make_webhook(cast.ana, receiver.url)
    for number in range(3):
        cast.write(f"lia{number}")
    delivered()
    assert ana.post(f"{ROOT}/{webhook.pk}/removal").status_code == 302
    text(ana, f"{ROOT}/{webhook.pk}", status=404)
    assert receiver.url not in text(ana, ROOT)
    while prune.step():
        pass
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()
    assert not Webhook.objects.exists()


def test_what_is_old_is_pruned_and_the_rest_is_kept(cast: Cast, receiver: Receiver) -> None:
    make_webhook(cast.ana, receiver.url, [EventKind.MESSAGE_RECEIVED])
    cast.write()
    delivered()
    later(days=31)
    cast.write(text="otra")
    delivered()
    while prune.step():
        pass
    assert (Delivery.objects.count(), Attempt.objects.count(), WebhookMessage.objects.count()) == (1, 1, 1)


def test_what_stood_behind_a_pruned_delivery_goes_out_once_it_is_enabled(cast: Cast, receiver: Receiver) -> None:
    """Else its conversation would never be told of again."""
    webhook = make_webhook(cast.ana, receiver.url, [EventKind.MESSAGE_RECEIVED])
    cast.write(text="uno")
    dispatched()
    later(days=31)
    cast.write(text="dos")
    dispatched()
    endpoints.disable(webhook.pk, by=cast.ana)
    while prune.step():
        pass
    assert states(webhook) == ["waiting"]
    endpoints.enable(webhook.pk, by=cast.ana)
    cast.write(text="tres")
    delivered()
    assert states(webhook) == ["delivered", "delivered"]


def test_administrators_are_written_to_once(cast: Cast, carla: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url)
    receiver.put(Reply(410))
    cast.write()
    delivered()
    assert notices.step() == 1
    assert notices.step() == 0
    (notice,) = mail.outbox
    assert notice.to == [cast.ana.email]
    assert "CRM" in notice.subject
    assert f"{ROOT}/{webhook.pk}" in notice.body
    assert "410" in notice.body


def test_a_banner_tells_administrators_wherever_they_are_and_nobody_else(cast: Cast, ana: Client) -> None:
    webhook = make_webhook(cast.ana, URL)
    assert "banner" not in text(ana, "/inbox")
    Webhook.objects.update(disabled_at=webhook.created_at, disabled_why="failing")
    assert f"{ROOT}/{webhook.pk}" in text(ana, "/inbox")
    assert "banner" not in text(ana, f"{ROOT}/{webhook.pk}")
    bruno = Client()
    bruno.force_login(cast.bruno, backend=BACKEND)
    assert "banner" not in text(bruno, "/inbox")
    Webhook.objects.update(disabled_why="person")
    assert "banner" not in text(ana, "/inbox"), "what somebody has done on purpose needs nobody"


def test_the_banner_asks_once_a_page_however_many_there_are_and_not_for_who_may_not(
    cast: Cast, ana: Client, django_assert_max_num_queries: Any
) -> None:
    bruno = Client()
    bruno.force_login(cast.bruno, backend=BACKEND)
    for number in range(5):
        webhook = make_webhook(cast.ana, URL, name=f"CRM {number}")
        Webhook.objects.filter(pk=webhook.pk).update(disabled_at=webhook.created_at, disabled_why="failing")
    asked = {}
    for who, browser in (("ana", ana), ("bruno", bruno)):
        with django_assert_max_num_queries(40) as made:
            browser.get("/inbox")
        asked[who] = sum('from "webhook"' in each["sql"].casefold() for each in made.captured_queries)
    assert asked == {"ana": 1, "bruno": 0}


def test_a_mail_server_that_is_down_is_asked_again(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(cast.ana, receiver.url)
    receiver.put(Reply(410))
    cast.write()
    delivered()

    def down(*_: object, **__: object) -> None:
        raise OSError("no server")

    with monkeypatch.context() as broken:
        broken.setattr(notices, "send_mail", down)
        assert notices.step() == 1
    later(minutes=11)
    assert notices.step() == 1
    assert len(mail.outbox) == 1


PATHS = [
    ("get", ""), ("get", "/new"), ("post", "/new"), ("get", "/{id}"), ("get", "/{id}/change"),
    ("post", "/{id}/change"), ("post", "/{id}/test"), ("post", "/{id}/again"), ("post", "/{id}/disabling"),
    ("post", "/{id}/enabling"), ("get", "/{id}/rotation"), ("post", "/{id}/rotation"), ("get", "/{id}/removal"),
    ("post", "/{id}/removal"), ("get", "/{id}/deliveries/{message}"), ("post", "/{id}/deliveries/{message}/again"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_else_gets_there(cast: Cast, carla: Cast, method: str, path: str) -> None:
    webhook = make_webhook(cast.ana, URL)
    message = endpoints.test(webhook)
    address = ROOT + path.format(id=webhook.pk, message=message)
    strangers: list[tuple[Agent | None, int]] = [(cast.bruno, 403), (None, 302)]
    if "{id}" in path:
        strangers.append((carla.ana, 404))
    for stranger, status in strangers:
        client = Client()
        if stranger:
            client.force_login(stranger, backend=BACKEND)
        assert getattr(client, method)(address).status_code == status
    assert Webhook.objects.get(pk=webhook.pk).secret == webhook.secret


def test_a_role_may_be_allowed_it(cast: Cast) -> None:
    cast.bruno.role.permissions.append(Permission.MANAGE_WEBHOOKS)
    cast.bruno.role.save()
    client = Client()
    client.force_login(cast.bruno, backend=BACKEND)
    assert "Webhooks" in text(client, ROOT)
