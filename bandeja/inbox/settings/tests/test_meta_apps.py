"""Adding a Meta app, what is pasted at Meta, and its new secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bandeja.channels.accounts import connect, disconnect
from bandeja.channels.meta.tests.answering import HTML, Fake, refusal
from bandeja.channels.models import ChannelKey, MetaApp, Receipt
from bandeja.inbox.settings.meta_apps import is_public
from bandeja.inbox.settings.tests.test_accounts import as_, text
from bandeja.people.clock import database_now
from tests.cast import Cast

pytestmark = pytest.mark.django_db

NEW = "/settings/accounts/apps/new"
TYPED = {"app_id": "555", "secret": "shhh-app-secret", "instagram_secret": "shhh-instagram"}


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    named = {"key": "k3y", "name": "Mi tienda", "app_id": "555", "verify_token": "paste-me"}
    return MetaApp.objects.create(workspace=cast.workspace, secret="old-secret", instagram_secret="old-ig", **named)


def test_an_app_is_checked_kept_and_its_page_says_what_to_paste(cast: Cast, meta: Fake) -> None:
    meta.on("GET /555", {"id": "555", "name": "Mi tienda"})
    browser = as_(cast.ana)
    answer = browser.post(NEW, TYPED)
    app = MetaApp.objects.get()
    assert answer["location"] == f"/settings/accounts/apps/{app.pk}"
    assert (app.workspace, app.secret, app.instagram_secret) == (cast.workspace, "shhh-app-secret", "shhh-instagram")
    page = text(browser, answer["location"])
    assert f"/hooks/meta/{app.key}" in page
    assert app.verify_token in page
    assert "shhh" not in page
    assert "Not verified yet" in page
    assert "Mi tienda" in text(browser, "/settings/accounts")


@pytest.mark.parametrize(
    ("typed", "reply", "field", "said"),
    [
        ({}, refusal(190, text="Error validating client secret."), "secret", "does not accept this secret"),
        ({}, refusal(100, 33), "app_id", "nothing with that id"),
        ({"app_id": "my app"}, None, "app_id", "digits only"),
        ({}, HTML, "secret", "could not be asked just now"),
        ({}, httpx.ConnectError("x"), "secret", "could not be asked just now"),
        ({"secret": ""}, None, "secret", "required"),
    ],
)
def test_what_meta_does_not_confirm_is_told_beside_the_field_and_not_kept(
    cast: Cast, meta: Fake, typed: dict[str, str], reply: Any, field: str, said: str
) -> None:
    meta.says(*filter(None, [reply]))
    answer = as_(cast.ana).post(NEW, {**TYPED, **typed})
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert "shhh" not in answer.content.decode()
    assert not MetaApp.objects.exists()


def test_a_secret_that_meta_repeats_is_not_shown(cast: Cast, meta: Fake) -> None:
    meta.says(refusal(190, text="Malformed access token 555|shhh-app-secret"))
    answer = as_(cast.ana).post(NEW, TYPED)
    assert answer.status_code == 422
    assert "shhh" not in answer.content.decode()


def test_an_app_of_another_workspace_is_not_taken_over(cast: Cast, carla: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("GET /555", {"id": "555", "name": "Mi tienda"})
    answer = as_(carla.ana).post(NEW, TYPED)
    assert "Another workspace" in answer.context["form"].errors["app_id"][0]
    app.refresh_from_db()
    assert (app.workspace, app.secret) == (cast.workspace, "old-secret")


def test_a_new_secret_is_checked_before_it_is_used_and_a_blank_one_stays(
    cast: Cast, app: MetaApp, meta: Fake
) -> None:
    MetaApp.objects.update(graph_url="http://stand.example")
    meta.on("GET /555", refusal(190), {"id": "555", "name": "Mi tienda"})
    browser, address = as_(cast.ana), f"/settings/accounts/apps/{app.pk}"
    assert browser.post(address, {"secret": "", "instagram_secret": ""}).status_code == 422
    assert browser.post(address, {"secret": "wrong", "instagram_secret": ""}).status_code == 422
    app.refresh_from_db()
    assert app.secret == "old-secret"
    assert browser.post(address, {"secret": "right", "instagram_secret": ""}).status_code == 302
    app.refresh_from_db()
    assert (app.secret, app.instagram_secret, app.key) == ("right", "old-ig", "k3y")
    assert app.graph_url == "http://stand.example", "it stays where it lives"


def test_its_page_tells_of_refused_signatures_and_never_its_secrets(cast: Cast, app: MetaApp) -> None:
    MetaApp.objects.update(refused=41)
    page = text(as_(cast.ana), f"/settings/accounts/apps/{app.pk}")
    assert ">41<" in page
    assert "signed with this app" in page
    assert "old-secret" not in page
    assert "old-ig" not in page


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://inbox.example.com", True),
        ("http://inbox.example.com", False),
        ("https://localhost:8000", False),
        ("https://bandeja.local", False),
        ("https://192.168.1.7", False),
        ("https://8.8.8.8", True),
        ("https://[::1]", False),
    ],
)
def test_meta_delivers_only_to_the_open_internet_by_https(url: str, public: bool) -> None:
    assert is_public(urlsplit(url)) is public


def test_an_address_that_meta_cannot_reach_is_warned_of(cast: Cast, app: MetaApp, settings: Any) -> None:
    browser, address = as_(cast.ana), f"/settings/accounts/apps/{app.pk}"
    assert "BANDEJA_URL" in text(browser, address)
    settings.PUBLIC_URL = urlsplit("https://inbox.example.com")
    page = text(browser, address)
    assert "https://inbox.example.com/hooks/meta/k3y" in page
    assert "BANDEJA_URL" not in page


def test_apps_are_for_who_manages_accounts_of_that_workspace(cast: Cast, carla: Cast, app: MetaApp) -> None:
    address = f"/settings/accounts/apps/{app.pk}"
    for method in ("get", "post"):
        assert getattr(as_(cast.bruno), method)(address).status_code == 403
        assert getattr(as_(cast.bruno), method)(NEW).status_code == 403
        assert getattr(as_(carla.ana), method)(address).status_code == 404
    assert "Mi tienda" not in text(as_(cast.bruno), "/settings/accounts")


# ---- removing one


def test_an_app_without_accounts_is_removed_with_what_was_set_aside_of_it(cast: Cast, app: MetaApp) -> None:
    Receipt.objects.create(app_id=app.pk, channel="meta", body=b"x", parked_at=database_now())
    browser, address = as_(cast.ana), f"/settings/accounts/apps/{app.pk}"
    assert "Remove the app" in text(browser, address)
    assert "was removed" in browser.post(f"{address}/removal", follow=True).content.decode()
    assert not MetaApp.objects.exists()
    assert not Receipt.objects.exists()


def test_an_app_with_a_connected_account_stays(cast: Cast, app: MetaApp) -> None:
    connect(cast.workspace, ChannelKey.MESSENGER, name="Página", external_id="1", app=app)
    browser, address = as_(cast.ana), f"/settings/accounts/apps/{app.pk}"
    assert "Remove the app" not in text(browser, address)
    assert "was not removed" in browser.post(f"{address}/removal", follow=True).content.decode()
    assert MetaApp.objects.exists()


def test_an_app_whose_delivery_is_still_to_be_read_stays(cast: Cast, app: MetaApp) -> None:
    Receipt.objects.create(app_id=app.pk, channel="meta", body=b"x")
    as_(cast.ana).post(f"/settings/accounts/apps/{app.pk}/removal")
    assert MetaApp.objects.exists()


def test_an_account_that_was_connected_through_it_keeps_its_history_and_comes_back_by_another(
    cast: Cast, app: MetaApp
) -> None:
    page = connect(cast.workspace, ChannelKey.MESSENGER, name="Página", external_id="1", app=app)
    cast.write("Lía", account=page)
    disconnect(page)
    browser = as_(cast.ana)
    browser.post(f"/settings/accounts/apps/{app.pk}/removal")
    page.refresh_from_db()
    assert page.app is None
    assert page.conversations.count() == 1
    assert text(browser, f"/settings/accounts/{page.pk}")
    answer = browser.post(f"/settings/accounts/{page.pk}/connection", {"connected": "yes"})
    assert answer["location"] == "/settings/accounts/messenger"


def test_only_administrators_of_its_workspace_remove_an_app(cast: Cast, carla: Cast, app: MetaApp) -> None:
    address = f"/settings/accounts/apps/{app.pk}/removal"
    assert as_(cast.bruno).post(address).status_code == 403
    assert as_(carla.ana).post(address).status_code == 404
    assert as_(cast.ana).get(address).status_code == 405
    assert MetaApp.objects.exists()
