"""Connecting, using, disconnecting and reconnecting accounts."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from bandeja.channels.accounts import connect
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.sending import HUMAN_AGENT
from bandeja.channels.webchat.appearance import Appearance
from bandeja.closing import coverage
from bandeja.inbox.settings import accounts
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

LOOKS = {"name": "Sitio", "greeting": "¿Dudas?", "colour": "#204060", "language": ""}


def as_(agent: Agent) -> Client:
    browser = Client(headers={"accept-language": "en"})
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser.force_login(agent)
    return browser


def text(browser: Client, address: str) -> str:
    return browser.get(address, follow=True).content.decode()


def test_the_list_tells_which_rule_closes_where(cast: Cast) -> None:
    other = cast.rule(amount=90, name="Noche")
    listed = text(as_(cast.bruno), "/settings/accounts")
    assert "Closes after 90 minutes without the contact writing, by “Noche”." in listed
    assert other.workspace == cast.workspace
    assert f"/settings/accounts/{cast.chat.pk}" not in listed


def test_a_web_chat_is_connected_and_its_line_shown(cast: Cast) -> None:
    browser = as_(cast.ana)
    answer = browser.post("/settings/accounts/webchat", LOOKS)
    account = Account.objects.get(name="Sitio")
    assert answer["location"] == f"/settings/accounts/{account.pk}"
    assert Appearance.of(account) == Appearance("¿Dudas?", "#204060", "")
    page = text(browser, answer["location"])
    assert f"/widget.js&quot; data-account=&quot;{account.external_id}" in page.replace('"', "&quot;")
    assert f"/widget/{account.external_id}/sample" in page
    assert "No rule closes its conversations." in page


def test_an_api_account_shows_its_token_once(cast: Cast) -> None:
    browser = as_(cast.ana)
    answer = browser.post("/settings/accounts/api", {"name": "CRM"})
    account = Account.objects.get(name="CRM")
    token = browser.get(answer["location"]).context["token"]
    assert hashlib.sha256(token.encode()).hexdigest() == account.token_hash
    assert token not in text(browser, answer["location"])


def test_a_new_token_ends_the_old_one(cast: Cast) -> None:
    browser = as_(cast.ana)
    browser.post("/settings/accounts/api", {"name": "CRM"})
    account = Account.objects.get(name="CRM")
    browser.post(f"/settings/accounts/{account.pk}/token")
    token = browser.get(f"/settings/accounts/{account.pk}").context["token"]
    old = account.token_hash
    account.refresh_from_db()
    assert old != account.token_hash == hashlib.sha256(token.encode()).hexdigest()


def test_a_web_chat_has_no_token_to_renew(cast: Cast) -> None:
    assert as_(cast.ana).post(f"/settings/accounts/{cast.chat.pk}/token").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("greeting", "x" * 301),
        ("colour", "red"),
        ("colour", "#12"),
        ("language", "xx"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(cast: Cast, field: str, value: str) -> None:
    answer = as_(cast.ana).post("/settings/accounts/webchat", {**LOOKS, field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert Account.objects.count() == 1


def test_name_and_looks_are_saved_without_a_new_start(cast: Cast) -> None:
    cast.rule()
    before = coverage.clock([cast.chat.pk])[cast.chat.pk].begins
    as_(cast.ana).post(f"/settings/accounts/{cast.chat.pk}", LOOKS)
    cast.chat.refresh_from_db()
    assert (cast.chat.name, Appearance.of(cast.chat).colour) == ("Sitio", "#204060")
    assert coverage.clock([cast.chat.pk])[cast.chat.pk].begins == before


def test_disconnecting_stops_clocks_and_connecting_again_is_a_new_start(cast: Cast, clock: Clock) -> None:
    clock.set(clock.now())
    cast.rule(name="Noche")
    browser = as_(cast.ana)
    address = f"/settings/accounts/{cast.chat.pk}"
    assert "running clocks stop" in text(browser, address)
    browser.post(f"{address}/connection", {"connected": "no"})
    assert coverage.clock([cast.chat.pk]) == {}
    assert "Stays in the rule “Noche”" in text(browser, address)
    at = clock.advance(hours=1)
    browser.post(f"{address}/connection", {"connected": "yes"})
    assert coverage.clock([cast.chat.pk])[cast.chat.pk].begins == at
    assert Account.objects.filter(channel=ChannelKey.WEBCHAT).count() == 1


def test_open_threads_hear_that_an_accounts_clocks_changed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """closing R8: a void clock is shown no longer."""
    rung: list[int] = []
    monkeypatch.setattr(accounts, "ring_all", rung.append)
    as_(cast.ana).post(f"/settings/accounts/{cast.chat.pk}/connection", {"connected": "no"})
    assert rung == [cast.workspace.pk]


def test_an_account_connected_elsewhere_is_told(cast: Cast, carla: Cast) -> None:
    browser = as_(cast.ana)
    browser.post(f"/settings/accounts/{cast.chat.pk}/connection", {"connected": "no"})
    Account.objects.filter(pk=carla.chat.pk).update(external_id=cast.chat.external_id)
    page = browser.post(f"/settings/accounts/{cast.chat.pk}/connection", {"connected": "yes"}, follow=True)
    assert "connected to another workspace" in page.content.decode()
    cast.chat.refresh_from_db()
    assert not cast.chat.is_connected


@pytest.mark.parametrize("what", ["", "/connection", "/token"])
def test_a_seller_changes_no_account(cast: Cast, what: str) -> None:
    assert as_(cast.bruno).post(f"/settings/accounts/{cast.chat.pk}{what}", LOOKS).status_code == 403
    cast.chat.refresh_from_db()
    assert (cast.chat.name, cast.chat.is_connected) == ("Chat web", True)


@pytest.mark.parametrize("what", ["", "/connection", "/token"])
def test_an_account_of_another_workspace_is_not_there(cast: Cast, carla: Cast, what: str) -> None:
    assert as_(carla.ana).post(f"/settings/accounts/{cast.chat.pk}{what}", LOOKS).status_code == 404


def test_a_seller_connects_nothing(cast: Cast) -> None:
    browser = as_(cast.bruno)
    assert browser.post("/settings/accounts/webchat", LOOKS).status_code == 403
    assert browser.post("/settings/accounts/api", {"name": "CRM"}).status_code == 403
    assert Account.objects.count() == 1


@pytest.fixture
def page(cast: Cast) -> Account:
    config = {"username": "tienda"}
    return connect(cast.workspace, ChannelKey.INSTAGRAM, name="Perfil", external_id="178", config=config)


def test_people_are_given_seven_days_where_meta_granted_them(cast: Cast, page: Account) -> None:
    browser, address = as_(cast.ana), f"/settings/accounts/{page.pk}"
    assert "People may answer for seven days" in text(browser, address)
    for typed, granted in (({"human_agent": "on"}, True), ({}, False)):
        assert browser.post(address, {"name": "Perfil", **typed}).status_code == 302
        page.refresh_from_db()
        assert page.config == {"username": "tienda", HUMAN_AGENT: granted}


def test_open_threads_hear_for_how_long_people_may_answer(
    cast: Cast, page: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(accounts, "ring_all", rung.append)
    as_(cast.ana).post(f"/settings/accounts/{page.pk}", {"name": "Perfil", "human_agent": "on"})
    assert rung == [cast.workspace.pk]


def test_other_channels_have_no_such_time(cast: Cast) -> None:
    browser, address = as_(cast.ana), f"/settings/accounts/{cast.chat.pk}"
    assert "seven days" not in text(browser, address)
    browser.post(address, {**LOOKS, "human_agent": "on"})
    cast.chat.refresh_from_db()
    assert HUMAN_AGENT not in cast.chat.config
