"""Connecting WhatsApp, Messenger and Instagram: a token is asked what it opens before anything is kept of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from bandeja.channels import accounts
from bandeja.channels.meta.tests.answering import HTML, Fake, refusal
from bandeja.channels.models import Account, ChannelKey, Credential, Health, MetaApp, Template
from bandeja.inbox.settings.tests.test_accounts import as_, text
from tests.cast import Cast

pytestmark = pytest.mark.django_db

AGREED = {"success": True}
TOKEN = "EAAB-very-secret-token"
WHATSAPP, NUMBERS = "/settings/accounts/whatsapp", "/settings/accounts/whatsapp/numbers"
PAGE = {"id": "1906", "name": "Tienda", "category": "Shop"}
GREETING = {"id": "7", "name": "saludo", "language": "es", "status": "APPROVED", "category": "UTILITY"}


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    named = {"key": "k", "name": "App", "app_id": "555", "verify_token": "v", "secret": "s"}
    return MetaApp.objects.create(workspace=cast.workspace, **named)


def number(external_id: str, phone: str, **more: Any) -> dict[str, Any]:
    said = {"id": external_id, "verified_name": "Tienda", "display_phone_number": phone, "quality_rating": "GREEN"}
    return {**said, **more}


@pytest.fixture
def business(meta: Fake) -> Fake:
    """A WhatsApp business account of two numbers and a template."""
    meta.on("GET /102/phone_numbers", {"data": [number("106", "+57 1"), number("107", "+57 2", is_on_biz_app=True)]})
    meta.on("GET /106", number("106", "+57 1"))
    meta.on("POST /102/subscribed_apps", AGREED).on("DELETE /102/subscribed_apps", AGREED)
    return meta.on("GET /102/message_templates", {"data": [GREETING]})


def ask(browser: Client, known: MetaApp, **typed: str) -> Any:
    return browser.post(WHATSAPP, {"app": known.pk, "waba": "102", "token": TOKEN, **typed})


def test_numbers_are_listed_chosen_and_connected_with_their_templates(
    cast: Cast, app: MetaApp, business: Fake
) -> None:
    browser = as_(cast.ana)
    assert ask(browser, app)["location"] == NUMBERS
    assert not Account.objects.filter(channel="whatsapp").exists(), "nothing is kept before numbers are chosen"
    page = text(browser, NUMBERS)
    assert "Tienda +57 1" in page
    assert "Tienda +57 2" in page
    assert TOKEN not in page
    answer = browser.post(NUMBERS, {"numbers": ["107"]})
    account = Account.objects.get(channel="whatsapp")
    assert answer["location"] == f"/settings/accounts/{account.pk}"
    assert (account.external_id, account.app, account.config["waba"]) == ("107", app, "102")
    assert account.config["coexistence"] is True
    assert account.credential.token == TOKEN
    assert account.health.is_subscribed
    assert Template.objects.get().name == "saludo"
    page = text(browser, answer["location"])
    assert "Subscribed" in page
    assert TOKEN not in page
    assert browser.get(NUMBERS)["location"] == WHATSAPP, "what was chosen from is forgotten"


def test_between_the_steps_the_token_is_kept_only_sealed(cast: Cast, app: MetaApp, business: Fake) -> None:
    browser = as_(cast.ana)
    ask(browser, app)
    assert TOKEN not in str([session.get_decoded() for session in Session.objects.all()])


def test_several_numbers_land_on_the_list(cast: Cast, app: MetaApp, business: Fake) -> None:
    browser = as_(cast.ana)
    ask(browser, app)
    assert browser.post(NUMBERS, {"numbers": ["106", "107"]})["location"] == "/settings/accounts"
    assert Account.objects.filter(channel="whatsapp", disconnected_at=None).count() == 2


@pytest.mark.parametrize("chosen", [[], ["999"]])
def test_only_numbers_that_the_token_opened_can_be_chosen(
    cast: Cast, app: MetaApp, business: Fake, chosen: list[str]
) -> None:
    browser = as_(cast.ana)
    ask(browser, app)
    assert browser.post(NUMBERS, {"numbers": chosen}).status_code == 422
    assert not Account.objects.filter(channel="whatsapp").exists()


@pytest.mark.parametrize(
    ("typed", "reply", "field", "said"),
    [
        ({}, refusal(190, 463, text="Session has expired"), "token", "(Meta: Session has expired)"),
        ({}, refusal(100, 33), "waba", "nothing with that id"),
        ({"waba": "Tienda"}, None, "waba", "digits only"),
        ({"token": "ñandú"}, None, "token", "does not accept this token"),
        ({}, {"data": []}, "waba", "no numbers yet"),
        ({}, HTML, "token", "could not be asked just now"),
        ({}, httpx.ReadTimeout("x"), "token", "could not be asked just now"),
        ({}, refusal(4), "token", "could not be asked just now"),
        ({"app": "999999"}, None, "app", "that one is not in it"),
    ],
)
def test_a_token_that_opens_nothing_is_told_beside_the_field(
    cast: Cast, app: MetaApp, meta: Fake, typed: dict[str, str], reply: Any, field: str, said: str
) -> None:
    if reply:
        meta.on("GET /102/phone_numbers", reply)
    answer = ask(as_(cast.ana), app, **typed)
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert TOKEN not in answer.content.decode()


OTHER_APPS: list[Any] = [
    {"data": {"app_id": "556", "is_valid": True}},
    refusal(100, text="(#100) The App_id did not match"),
]


@pytest.mark.parametrize("reply", OTHER_APPS)
def test_a_token_of_another_app_is_told_beside_it(cast: Cast, app: MetaApp, business: Fake, reply: Any) -> None:
    """What it subscribes to would be delivered to that app."""
    business.on("GET /debug_token", reply)
    answer = ask(as_(cast.ana), app)
    assert answer.status_code == 422
    assert "made for another app" in answer.context["form"].errors["token"][0]
    asked = business.asked[-1]
    assert (asked.url.params["input_token"], asked.headers["authorization"]) == (TOKEN, "Bearer 555|s")


@pytest.mark.parametrize("app_id", ["555", 555, None])
def test_a_token_of_this_app_goes_on(cast: Cast, app: MetaApp, business: Fake, app_id: Any) -> None:
    business.on("GET /debug_token", {"data": {"app_id": app_id}})
    assert ask(as_(cast.ana), app)["location"] == NUMBERS


def test_an_account_is_not_given_a_token_of_another_app(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /me", PAGE).on("POST /1906/subscribed_apps", AGREED)
    browser = as_(cast.ana)
    browser.post("/settings/accounts/messenger", {"app": app.pk, "token": TOKEN})
    page = Account.objects.get(channel="messenger")
    meta.on("GET /debug_token", OTHER_APPS[0])
    answer = browser.post(f"/settings/accounts/{page.pk}/access", {"token": "EAAB-another"})
    assert "made for another app" in answer.context["form"].errors["token"][0]
    assert Credential.objects.get(account=page).token == TOKEN


def test_instagrams_own_tokens_are_not_asked_about(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /me", {"id": "9", "user_id": "178", "username": "tienda"}).on("POST /178/subscribed_apps", AGREED)
    as_(cast.ana).post("/settings/accounts/instagram", {"app": app.pk, "token": TOKEN, "login": "instagram"})
    assert Account.objects.filter(channel="instagram").exists()
    assert "GET /debug_token" not in meta.paths


def test_the_eleventh_number_is_refused_in_words(
    cast: Cast, app: MetaApp, business: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_WHATSAPP_LINES", "1")
    browser = as_(cast.ana)
    ask(browser, app)
    page = text(browser, NUMBERS)
    assert "0 of 1 WhatsApp numbers" in page
    page = browser.post(NUMBERS, {"numbers": ["106", "107"]}, follow=True).content.decode()
    assert "“Tienda +57 2” was not connected" in page
    ask(browser, app)
    answer = browser.post(NUMBERS, {"numbers": ["107"]})
    assert answer.status_code == 422
    assert "as many WhatsApp numbers as it may" in answer.context["form"].errors["numbers"][0]


def test_a_number_of_another_workspace_is_refused_in_words(
    cast: Cast, carla: Cast, app: MetaApp, business: Fake
) -> None:
    accounts.connect(carla.workspace, ChannelKey.WHATSAPP, name="x", external_id="106")
    browser = as_(cast.ana)
    ask(browser, app)
    answer = browser.post(NUMBERS, {"numbers": ["106"]})
    assert "another workspace" in answer.context["form"].errors["numbers"][0]


def test_templates_that_cannot_be_fetched_do_not_stop_connecting(cast: Cast, app: MetaApp, business: Fake) -> None:
    business.on("GET /102/message_templates", HTML)
    browser = as_(cast.ana)
    ask(browser, app)
    page = browser.post(NUMBERS, {"numbers": ["106"]}, follow=True).content.decode()
    assert "Its templates could not be fetched yet" in page
    assert Account.objects.filter(channel="whatsapp").exists()


def test_a_page_is_connected_by_its_token(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /me", PAGE).on("POST /1906/subscribed_apps", AGREED)
    as_(cast.ana).post("/settings/accounts/messenger", {"app": app.pk, "token": TOKEN})
    account = Account.objects.get(channel="messenger")
    assert (account.external_id, account.name, account.credential.token) == ("1906", "Tienda", TOKEN)


@pytest.mark.parametrize("login", ["instagram", "page"])
def test_an_instagram_account_is_connected_either_way(cast: Cast, app: MetaApp, meta: Fake, login: str) -> None:
    linked = {"id": "178", "username": "tienda"}
    meta.on("GET /me", {"id": "1906", "user_id": "178", "username": "tienda", "instagram_business_account": linked})
    meta.on("POST /178/subscribed_apps", AGREED).on("POST /1906/subscribed_apps", AGREED)
    as_(cast.ana).post("/settings/accounts/instagram", {"app": app.pk, "token": TOKEN, "login": login})
    account = Account.objects.get(channel="instagram")
    assert (account.external_id, account.config["login"], account.health.is_subscribed) == ("178", login, True)


def test_a_page_without_an_instagram_account_is_told_so(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /me", PAGE)
    answer = as_(cast.ana).post("/settings/accounts/instagram", {"app": app.pk, "token": TOKEN, "login": "page"})
    assert "No Instagram professional account is linked" in answer.context["form"].errors["token"][0]


def test_a_page_of_another_workspace_is_told_beside_its_token(
    cast: Cast, carla: Cast, app: MetaApp, meta: Fake
) -> None:
    accounts.connect(carla.workspace, ChannelKey.MESSENGER, name="x", external_id="1906")
    meta.on("GET /me", PAGE)
    answer = as_(cast.ana).post("/settings/accounts/messenger", {"app": app.pk, "token": TOKEN})
    assert answer.status_code == 422
    assert "another workspace" in answer.context["form"].errors["token"][0]
    assert TOKEN not in answer.content.decode()


@pytest.mark.parametrize("channel", ["whatsapp", "messenger", "instagram"])
def test_without_an_app_that_comes_first(cast: Cast, channel: str) -> None:
    assert "/settings/accounts/apps/new" in text(as_(cast.ana), f"/settings/accounts/{channel}")


def test_an_app_of_another_workspace_cannot_be_connected_by(carla: Cast, app: MetaApp, meta: Fake) -> None:
    answer = ask(as_(carla.ana), app)
    assert answer.context["form"].errors["app"]
    assert meta.asked == []


@pytest.fixture
def line(cast: Cast, app: MetaApp, business: Fake) -> Account:
    browser = as_(cast.ana)
    ask(browser, app)
    browser.post(NUMBERS, {"numbers": ["106"]})
    Account.objects.filter(channel="whatsapp").update(name="Ventas")
    return Account.objects.get(channel="whatsapp")


def test_a_new_token_is_looked_at_before_it_takes_the_old_ones_place(
    cast: Cast, line: Account, business: Fake
) -> None:
    browser, address = as_(cast.ana), f"/settings/accounts/{line.pk}/access"
    business.on("GET /106", refusal(190), number("106", "+57 1"))
    answer = browser.post(address, {"token": "wrong-token"})
    assert answer.status_code == 422
    assert "wrong-token" not in answer.content.decode()
    assert Credential.objects.get().token == TOKEN
    Health.objects.update(has_valid_token=False, error={"fault": "token", "code": 190, "text": "x"})
    assert browser.post(address, {"token": "new-token"})["location"] == f"/settings/accounts/{line.pk}"
    line.refresh_from_db()
    assert (Credential.objects.get().token, line.name) == ("new-token", "Ventas")
    assert Health.objects.get(account=line).error is None
    assert Health.objects.get(account=line).has_valid_token


def test_a_token_of_another_page_is_refused(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /me", PAGE, {**PAGE, "id": "1907", "name": "Otra"}).on("POST /1906/subscribed_apps", AGREED)
    browser = as_(cast.ana)
    browser.post("/settings/accounts/messenger", {"app": app.pk, "token": TOKEN})
    account = Account.objects.get(channel="messenger")
    answer = browser.post(f"/settings/accounts/{account.pk}/access", {"token": "other"})
    assert "This token opens “Otra”" in answer.context["form"].errors["token"][0]
    assert Credential.objects.get().token == TOKEN


def test_disconnecting_forgets_the_token_and_connecting_again_asks_for_one(
    cast: Cast, line: Account, business: Fake
) -> None:
    browser, address = as_(cast.ana), f"/settings/accounts/{line.pk}"
    browser.post(f"{address}/connection", {"connected": "no"})
    line.refresh_from_db()
    assert not line.is_connected
    assert not Credential.objects.exists()
    assert business.paths[-1] == "DELETE /102/subscribed_apps"
    assert browser.post(f"{address}/connection", {"connected": "yes"})["location"] == f"{address}/access"
    browser.post(f"{address}/access", {"token": "another"})
    line.refresh_from_db()
    assert (line.is_connected, line.name, Credential.objects.get().token) == (True, "Ventas", "another")


@pytest.mark.parametrize("what", ["access", "check", "templates", "connection"])
def test_others_do_not_reach_an_account(cast: Cast, carla: Cast, line: Account, what: str) -> None:
    address = f"/settings/accounts/{line.pk}/{what}"
    assert as_(cast.bruno).post(address).status_code == 403
    assert as_(carla.ana).post(address).status_code == 404


@pytest.mark.parametrize("what", ["access", "check", "templates"])
def test_a_web_chat_has_nothing_of_metas(cast: Cast, what: str) -> None:
    assert as_(cast.ana).post(f"/settings/accounts/{cast.chat.pk}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["new", "whatsapp", "whatsapp/numbers", "messenger", "instagram"])
def test_a_seller_connects_nothing_of_metas(cast: Cast, what: str) -> None:
    assert as_(cast.bruno).get(f"/settings/accounts/{what}").status_code == 403


def test_all_five_channels_are_offered(cast: Cast) -> None:
    page = text(as_(cast.ana), "/settings/accounts/new")
    for channel in ChannelKey.values:
        assert f'href="/settings/accounts/{channel}"' in page
