"""The bell's list, the devices, and the page where people choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from bandeja.conversations.models import Conversation
from bandeja.inbox.tests.browser import Browser
from bandeja.notifications.models import Device, Preference
from bandeja.notifications.tests.test_webpush import AUTH, RECEIVER
from bandeja.people import members
from bandeja.people.models import Agent
from tests.cast import Cast

Read = Callable[[], int]
pytestmark = pytest.mark.django_db
KEYS = {"p256dh": RECEIVER, "auth": AUTH}


@pytest.fixture
def bruno(cast: Cast) -> Browser:
    return Browser(cast.bruno)


@pytest.fixture
def waiting(cast: Cast, read: Read) -> Conversation:
    conversation = cast.write("Lía")
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.bruno)
    read()
    return conversation


def test_the_bell_says_what_waits_until_it_is_read(waiting: Conversation, bruno: Browser) -> None:
    assert "Lía 1 new message now New" in bruno.see("/notifications")
    assert bruno.post("/notifications/read", conversation=waiting.pk).status_code == 204
    assert "New" not in bruno.see("/notifications").replace("new", "")
    assert "Lía" in bruno.see("/notifications")


def test_all_is_read_at_once(cast: Cast, read: Read, waiting: Conversation, bruno: Browser) -> None:
    bruno.post("/notifications/read")
    assert "Mark all as read" not in bruno.page("/notifications").content.decode()


@pytest.mark.parametrize("named", ["x", "-1", "9" * 30, "١"])
def test_what_names_no_conversation_is_refused(bruno: Browser, named: str) -> None:
    assert bruno.post("/notifications/read", conversation=named).status_code == 422


def test_one_sees_and_reads_only_ones_own(cast: Cast, carla: Cast, waiting: Conversation, bruno: Browser) -> None:
    for other in (cast.ana, carla.ana):
        theirs = Browser(other)
        assert "Lía" not in theirs.see("/notifications")
        theirs.post("/notifications/read", conversation=waiting.pk)
    assert "1 new message" in bruno.see("/notifications")


def test_the_count_stands_on_every_page(waiting: Conversation, bruno: Browser) -> None:
    assert 'id="bell-count" >1<' in bruno.page("/settings/profile").content.decode()


def test_nobody_signed_out_is_told_anything(db: None) -> None:
    for address in ("/notifications", "/settings/notifications"):
        assert Client().get(address).status_code == 302
    assert Client().post("/notifications/devices", {"endpoint": "https://push.example/1", **KEYS}).status_code == 302


def test_one_may_ask_not_to_be_disturbed(cast: Cast, bruno: Browser) -> None:
    bruno.post("/notifications/quiet")
    assert Preference.objects.get(agent=cast.bruno).quiet
    bruno.delete("/notifications/quiet")
    assert not Preference.objects.get(agent=cast.bruno).quiet


def test_what_is_chosen_is_kept(cast: Cast, bruno: Browser) -> None:
    assert bruno.post("/settings/notifications", on_message="on", digest="daily").status_code == 302
    chosen = Preference.objects.get(agent=cast.bruno)
    assert (chosen.on_message, chosen.on_assigned, chosen.sound) == (True, False, False)
    assert chosen.digest_at is not None
    bruno.post("/settings/notifications", digest="never")
    chosen.refresh_from_db()
    assert chosen.digest_at is None


def test_a_choice_that_is_none_is_refused(bruno: Browser) -> None:
    assert bruno.post("/settings/notifications", digest="always").status_code == 422


def test_a_browser_is_turned_on_and_off(cast: Cast, bruno: Browser) -> None:
    assert bruno.post("/notifications/devices", endpoint="https://push.example/1", **KEYS).status_code == 201
    assert bruno.post("/notifications/devices", endpoint="https://push.example/1", **KEYS).status_code == 201
    assert Device.objects.get().agent == cast.bruno
    bruno.delete("/notifications/devices", endpoint="https://push.example/1")
    assert not Device.objects.exists()


def test_who_shares_a_browser_takes_it_over_and_nobody_turns_off_anothers(cast: Cast, bruno: Browser) -> None:
    ana = Browser(cast.ana)
    bruno.post("/notifications/devices", endpoint="https://push.example/1", **KEYS)
    ana.delete("/notifications/devices", endpoint="https://push.example/1")
    ana.post(f"/settings/notifications/devices/{Device.objects.get().pk}")
    assert Device.objects.get().agent == cast.bruno
    ana.post("/notifications/devices", endpoint="https://push.example/1", **KEYS)
    assert Device.objects.get().agent == cast.ana


def turned_on(agent: Agent, endpoint: str) -> Client:
    """A browser that takes pushes."""
    client = Client()
    client.force_login(agent)
    assert client.post("/notifications/devices", {"endpoint": endpoint, **KEYS}).status_code == 201
    return client


def told() -> list[str]:
    return sorted(device.endpoint for device in Device.objects.all())


def test_whoever_is_signed_out_by_others_is_told_nothing_any_more(cast: Cast) -> None:
    """Of a lost phone, say: it went on showing names and messages."""
    turned_on(cast.bruno, "https://push.example/desk")
    turned_on(cast.bruno, "https://push.example/phone")
    turned_on(cast.ana, "https://push.example/ana")
    members.sign_out(cast.bruno, by=cast.ana)
    assert told() == ["https://push.example/ana"]


def test_a_new_password_keeps_this_browser_told_and_no_other(cast: Cast) -> None:
    cast.bruno.set_password("un caballo verde")
    cast.bruno.save()
    desk = turned_on(cast.bruno, "https://push.example/desk")
    turned_on(cast.bruno, "https://push.example/phone")
    desk.post("/settings/profile/password", {"old": "un caballo verde", "new": "otro caballo azul"})
    assert told() == ["https://push.example/desk"]
    desk.post("/settings/sessions/others/end")
    assert told() == ["https://push.example/desk"]


def test_one_session_ended_takes_its_browser_along(cast: Cast) -> None:
    desk, phone = (turned_on(cast.bruno, f"https://push.example/{name}") for name in ("desk", "phone"))
    (session,) = UserSession.objects.filter(session_key=phone.session.session_key)
    desk.post(f"/settings/sessions/{session.pk}/end")
    assert told() == ["https://push.example/desk"]


def test_a_browser_whose_session_ran_out_is_told_until_its_person_ends_sessions(cast: Cast) -> None:
    desk, phone = (turned_on(cast.bruno, f"https://push.example/{name}") for name in ("desk", "phone"))
    UserSession.objects.filter(session_key=phone.session.session_key).delete()
    assert len(told()) == 2
    desk.post("/settings/sessions/others/end")
    assert told() == ["https://push.example/desk"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"endpoint": "http://push.example/1", **KEYS},
        {"endpoint": "javascript:alert(1)", **KEYS},
        {"endpoint": "https://☃.net/x", **KEYS},
        {"endpoint": "https://xn--a.com/", **KEYS},
        {"endpoint": "https://push.example/" + "x" * 3000, **KEYS},
        {"endpoint": "https://push.example/1", "p256dh": "AAAA", "auth": AUTH},
        {"endpoint": "https://push.example/1", "p256dh": RECEIVER, "auth": "ñ"},
    ],
)
def test_what_is_no_browser_is_refused(bruno: Browser, given: dict[str, str]) -> None:
    assert bruno.post("/notifications/devices", **given).status_code == 422
    assert not Device.objects.exists()


def test_the_eleventh_device_takes_the_place_of_the_first(cast: Cast, bruno: Browser) -> None:
    for number in range(11):
        bruno.post("/notifications/devices", endpoint=f"https://push.example/{number}", **KEYS)
    assert Device.objects.count() == 10
    assert not Device.objects.filter(endpoint="https://push.example/0").exists()


def test_the_site_can_be_installed(db: None) -> None:
    client = Client()
    manifest = client.get("/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["display"]) == ("/inbox", "standalone")
    worker = client.get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert 'const OFFLINE = "/offline"' in worker.content.decode()
    assert client.get("/offline").status_code == 200
