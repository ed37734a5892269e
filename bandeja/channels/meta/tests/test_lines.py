"""Connecting apps, numbers, pages and profiles: checked at Meta first, kept with their secrets, let go at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.instagram import connect as instagram
from bandeja.channels.messenger import connect as messenger
from bandeja.channels.meta import apps, backfill, faults, graph, lines
from bandeja.channels.meta.found import Found
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.models import Account, ChannelKey, Credential, Health, MetaApp
from bandeja.channels.sending import Fault, Line, NotReached, Refused, Unanswered
from bandeja.channels.whatsapp import connect as whatsapp
from tests.cast import Cast
from tests.clock import Clock

NUMBER = {
    "id": "106",
    "verified_name": "Tienda",
    "display_phone_number": "+52 1 55 1234 5678",
    "quality_rating": "GREEN",
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
}
AGREED = {"success": True}
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = Found(ChannelKey.MESSENGER, "1906", "Tienda")


@pytest.fixture
def app(cast: Cast, meta: Fake) -> MetaApp:
    meta.on("GET /555", {"id": "555", "name": "Mi tienda"})
    return apps.keep(cast.workspace, app_id=" 555 ", secret=" s3cret ")


def found(external_id: str = "106", waba: str = "102") -> Found:
    config = {"waba": waba, "phone": "+52 1 55 1234 5678"}
    return Found(ChannelKey.WHATSAPP, external_id, "Tienda", config, quality="GREEN", tier="TIER_2K")


# Apps


def test_an_app_is_asked_about_with_its_own_secret_and_kept(app: MetaApp, meta: Fake) -> None:
    assert meta.asked[0].headers["Authorization"] == "Bearer 555|s3cret"
    app.refresh_from_db()
    assert (app.name, app.app_id, app.secret) == ("Mi tienda", "555", "s3cret")
    assert len(app.key) >= 16
    assert len(app.verify_token) >= 32


def test_an_app_kept_again_takes_the_new_secrets_and_keeps_its_address(cast: Cast, app: MetaApp, meta: Fake) -> None:
    apps.keep(cast.workspace, app_id="555", secret="new", instagram_secret="ig")
    apps.keep(cast.workspace, app_id="555", secret="newer")
    again = MetaApp.objects.get()
    assert (again.secret, again.instagram_secret) == ("newer", "ig")
    assert (again.key, again.verify_token) == (app.key, app.verify_token)


@pytest.mark.parametrize("app_id", ["", "55a", "../me", "１２", "5" * 41])
def test_an_id_that_is_none_is_not_asked_for(cast: Cast, meta: Fake, app_id: str) -> None:
    with pytest.raises(Refused) as refused:
        apps.keep(cast.workspace, app_id=app_id, secret="s")
    assert (refused.value.text, meta.asked) == (faults.NOT_AN_ID, [])


@pytest.mark.parametrize(
    ("reply", "error"),
    [(refusal(190, status=400), Refused), (HTML, Unanswered), (httpx.ConnectError("x"), NotReached)],
)
def test_an_app_that_meta_does_not_confirm_is_not_kept(
    cast: Cast, meta: Fake, reply: httpx.Response | Exception, error: type[Exception]
) -> None:
    meta.says(reply)
    with pytest.raises(error):
        apps.keep(cast.workspace, app_id="555", secret="wrong")
    assert not MetaApp.objects.exists()


def test_an_app_of_another_workspace_is_refused(carla: Cast, app: MetaApp, meta: Fake) -> None:
    with pytest.raises(apps.AppElsewhere):
        apps.keep(carla.workspace, app_id="555", secret="s3cret")


# What a token gives access to


def test_a_number_is_looked_at_and_must_be_of_its_business_account(meta: Fake) -> None:
    meta.on("GET /106", NUMBER).on("GET /102/phone_numbers", {"data": [NUMBER, {"id": "107"}]})
    through = graph.facebook("t")
    number = whatsapp.look(through, "106", "102")
    assert number == Found(
        ChannelKey.WHATSAPP,
        "106",
        "Tienda +52 1 55 1234 5678",
        {"waba": "102", "phone": "+52 1 55 1234 5678"},
        quality="GREEN",
        tier="TIER_2K",
    )
    assert [each.external_id for each in whatsapp.numbers(through, "102")] == ["106", "107"]
    meta.on("GET /102/phone_numbers", {"data": [{"id": "107"}]})
    with pytest.raises(Refused) as refused:
        whatsapp.look(through, "106", "102")
    assert refused.value.text == faults.OTHER_WABA


def test_a_page_is_known_by_its_token(meta: Fake) -> None:
    meta.on("GET /me", {"id": "1906", "name": "Tienda", "category": "Shop"})
    assert messenger.look(graph.facebook("t")) == Found(ChannelKey.MESSENGER, "1906", "Tienda")


def test_an_instagram_account_is_known_by_the_id_that_deliveries_name(meta: Fake) -> None:
    meta.on("GET /me", {"id": "9", "user_id": 17841400, "username": "tienda"})
    account = instagram.look(graph.instagram("t"))
    assert (account.external_id, account.name) == ("17841400", "@tienda")
    assert account.config == {"login": "instagram", "username": "tienda"}


def test_an_instagram_account_is_found_through_its_page(meta: Fake) -> None:
    linked = {"id": "17841400", "username": "tienda"}
    meta.on("GET /me", {"id": "1906", "name": "Tienda", "instagram_business_account": linked}, {"id": "1906"})
    account = instagram.look_by_page(graph.facebook("t"))
    assert account.external_id == "17841400"
    assert account.config == {"login": "page", "page_id": "1906", "username": "tienda"}
    with pytest.raises(Refused) as refused:
        instagram.look_by_page(graph.facebook("t"))
    assert refused.value.text == faults.NOT_LINKED


# Subscribing


def test_a_page_is_subscribed_to_all_that_is_said_in_it(meta: Fake) -> None:
    meta.says(AGREED)
    messenger.subscription(Line(1, "1906", {}, "t", "")).begin()
    asked = meta.asked[0].url
    assert asked.path == "/v26.0/1906/subscribed_apps"
    assert asked.params["subscribed_fields"].split(",")[:3] == ["messages", "messaging_postbacks", "message_echoes"]


def test_where_meta_does_not_know_a_field_at_least_messages_come(meta: Fake) -> None:
    meta.says(refusal(100, text="Param subscribed_fields[5] must be one of"), AGREED)
    instagram.subscription(Line(1, "178", {"login": "instagram"}, "t", "")).begin()
    assert meta.asked[1].url.params["subscribed_fields"] == "messages,messaging_postbacks"
    assert meta.asked[1].url.host == "graph.instagram.com"


def test_a_business_account_may_be_delivered_to_an_address_of_its_own(meta: Fake) -> None:
    meta.says(AGREED)
    whatsapp.subscription(Line(1, "106", {"waba": "102"}, "t", "")).begin(
        whatsapp.own_callback("https://inbox.example/hooks/meta/k", "v")
    )
    assert meta.paths == ["POST /102/subscribed_apps"]
    assert meta.body == {"override_callback_uri": "https://inbox.example/hooks/meta/k", "verify_token": "v"}


@pytest.mark.parametrize(
    ("listed", "lacking"),
    [
        ([], None),
        ([{"id": "other", "subscribed_fields": ["messages"]}], None),
        ([{"id": "555"}], set()),
        ([{"id": 555, "subscribed_fields": list(messenger.FIELDS)}], set()),
        ([{"id": "555", "subscribed_fields": [*messenger.FIELDS[1:], "feed"]}], {"messages"}),
        ([{"id": "555", "subscribed_fields": [{"name": name} for name in messenger.FIELDS]}], set()),
    ],
)
def test_what_a_subscription_lacks_is_told(meta: Fake, listed: list[object], lacking: set[str] | None) -> None:
    meta.says({"data": listed})
    assert messenger.subscription(Line(1, "1906", {}, "t", "")).lacking("555") == lacking


def test_a_business_account_names_the_app_inside(meta: Fake) -> None:
    meta.says({"data": [{"whatsapp_business_api_data": {"id": "555", "name": "x", "link": "y"}}]})
    ours = whatsapp.subscription(Line(1, "106", {"waba": "102"}, "t", ""))
    assert ours.lacking("555") == frozenset()
    assert ours.lacking("556") is None


# Keeping


def test_a_number_is_kept_and_subscribed_to(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /102/subscribed_apps", AGREED)
    account = lines.connect(cast.workspace, app, found(), " EAAB ")
    assert (account.external_id, account.app, account.config["waba"]) == ("106", app, "102")
    assert Credential.objects.get(account=account).token == "EAAB"
    health = Health.objects.get(account=account)
    assert (health.is_subscribed, health.has_valid_token, health.quality, health.tier) == (
        True,
        True,
        "GREEN",
        "TIER_2K",
    )
    assert health.error is None


def test_a_line_shown_in_a_log_keeps_its_token_to_itself(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /102/subscribed_apps", AGREED)
    account = lines.connect(cast.workspace, app, found(), "EAAB")
    ours = lines.line(Account.objects.select_related("credential", "app").get(pk=account.pk))
    assert ours.token == "EAAB"
    assert "EAAB" not in repr(ours)


@pytest.mark.parametrize("reply", [refusal(200), HTML, httpx.ConnectError("x")])
def test_a_number_that_cannot_be_subscribed_to_yet_is_kept_and_says_so(
    cast: Cast, app: MetaApp, meta: Fake, reply: httpx.Response | Exception
) -> None:
    meta.on("POST /102/subscribed_apps", reply)
    account = lines.connect(cast.workspace, app, found(), "EAAB")
    health = Health.objects.get(account=account)
    assert health.is_subscribed is False
    assert health.error
    assert health.error["text"] == faults.NOT_SUBSCRIBED
    assert health.error["fault"] == Fault.TRANSIENT, "sending is not held up by it"


def test_connecting_again_keeps_what_people_set(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /1906/subscribed_apps", AGREED)
    page = Found(ChannelKey.MESSENGER, "1906", "Tienda")
    account = lines.connect(cast.workspace, app, page, "old")
    Account.objects.filter(pk=account.pk).update(config={"human_agent": True})
    again = lines.connect(cast.workspace, app, page, "new")
    assert (again.pk, again.config) == (account.pk, {"human_agent": True})
    assert Credential.objects.get(account=account).token == "new"


@pytest.mark.parametrize("disconnected", [True, False])
def test_what_the_phone_app_was_asked_for_is_forgotten_with_the_connection(
    cast: Cast, app: MetaApp, meta: Fake, disconnected: bool
) -> None:
    """Meta gives it once for each time that a number is joined."""
    meta.on("POST /102/subscribed_apps", AGREED).on("DELETE /102/subscribed_apps", AGREED)
    account = lines.connect(cast.workspace, app, found(), "t")
    Account.objects.filter(pk=account.pk).update(config={"human_agent": True, "phone_app": {"history": "asked"}})
    if disconnected:
        lines.disconnect(account)
    again = lines.connect(cast.workspace, app, found(), "new")
    assert again.config["human_agent"]
    assert ("phone_app" in again.config) is not disconnected


LOST: dict[str, object] = {"data": []}


def deaf(cast: Cast, app: MetaApp, meta: Fake, clock: Clock, listed: Any) -> Account:
    """A page connected at noon that something was last delivered of at one, and what its subscription is at three."""
    clock.set(NOON)
    meta.on("POST /1906/subscribed_apps", AGREED).on("GET /1906/subscribed_apps", LOST)
    page = lines.connect(cast.workspace, app, PAGE, "old")
    assert Health.objects.get(account=page).missed_since is None, "nothing was to come before"
    Health.objects.filter(account=page).update(has_valid_token=False, last_delivery_at=NOON + HOUR)
    meta.on("GET /1906/subscribed_apps", listed)
    clock.set(NOON + 3 * HOUR)
    return page


@pytest.mark.parametrize("listed", [LOST, refusal(200), HTML], ids=["lost", "not told", "unanswered"])
def test_a_new_token_over_a_lost_subscription_hides_no_loss(
    cast: Cast, app: MetaApp, meta: Fake, clock: Clock, listed: Any
) -> None:
    """Who takes the app off a page ends its token and its subscription: no check-up could see that."""
    page = deaf(cast, app, meta, clock, listed)
    lines.connect(cast.workspace, app, PAGE, "new")
    health = Health.objects.get(account=page)
    assert (health.missed_since, health.lost_at) == (NOON + HOUR, NOON + 3 * HOUR)
    assert meta.asked[-2].headers["Authorization"] == "Bearer new", "the old one may be no good"
    assert backfill.lost() == [(page, NOON + HOUR)]


@pytest.mark.parametrize("agrees", [True, False])
def test_what_was_missed_is_fetched_once_the_subscription_is_back(
    cast: Cast, app: MetaApp, meta: Fake, clock: Clock, agrees: bool
) -> None:
    """What is said between the fetch and the subscription would never come; and those who share it are back too."""
    page = deaf(cast, app, meta, clock, LOST)
    Health.objects.filter(account=page).update(has_valid_token=True, is_subscribed=True)
    seen: list[Any] = []

    def subscribed(request: httpx.Request) -> httpx.Response:
        del request
        seen.append(backfill.lost())
        return answer(AGREED) if agrees else refusal(200)

    meta.on("POST /1906/subscribed_apps", subscribed)
    linked = Found(ChannelKey.INSTAGRAM, "178", "@tienda", {"login": "page", "page_id": "1906"})
    lines.connect(cast.workspace, app, linked, "t")
    assert seen == [[]]
    assert backfill.lost() == ([(page, NOON + HOUR)] if agrees else [])


def test_a_new_token_over_a_subscription_that_stands_misses_nothing(
    cast: Cast, app: MetaApp, meta: Fake, clock: Clock
) -> None:
    page = deaf(cast, app, meta, clock, {"data": [{"id": "555", "subscribed_fields": list(messenger.FIELDS)}]})
    lines.connect(cast.workspace, app, PAGE, "new")
    assert Health.objects.get(account=page).missed_since is None


def test_connecting_a_pages_instagram_account_hides_no_loss_of_the_page(
    cast: Cast, app: MetaApp, meta: Fake, clock: Clock
) -> None:
    page = deaf(cast, app, meta, clock, LOST)
    linked = Found(ChannelKey.INSTAGRAM, "178", "@tienda", {"login": "page", "page_id": "1906"})
    profile = lines.connect(cast.workspace, app, linked, "t")
    assert Health.objects.get(account=page).missed_since == NOON + HOUR
    assert Health.objects.get(account=profile).missed_since is None, "it is new"


def test_another_app_takes_over_what_the_first_one_missed(cast: Cast, app: MetaApp, meta: Fake, clock: Clock) -> None:
    page = deaf(cast, app, meta, clock, LOST)
    meta.on("GET /556", {"id": "556", "name": "Otra"})
    lines.connect(cast.workspace, apps.keep(cast.workspace, app_id="556", secret="s"), PAGE, "new")
    assert Health.objects.get(account=page).missed_since == NOON + HOUR


def test_what_people_disconnected_themselves_missed_nothing(
    cast: Cast, app: MetaApp, meta: Fake, clock: Clock
) -> None:
    page = deaf(cast, app, meta, clock, LOST)
    lines.disconnect(page)
    lines.connect(cast.workspace, app, PAGE, "new")
    assert Health.objects.get(account=page).missed_since is None


def test_a_workspace_has_so_many_numbers_and_no_more(
    cast: Cast, carla: Cast, app: MetaApp, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_WHATSAPP_LINES", "2")
    meta.on("POST /102/subscribed_apps", AGREED).on("DELETE /102/subscribed_apps", AGREED)
    first = lines.connect(cast.workspace, app, found("1"), "t")
    lines.connect(cast.workspace, app, found("2"), "t")
    with pytest.raises(lines.TooManyLines):
        lines.connect(cast.workspace, app, found("3"), "t")
    lines.connect(cast.workspace, app, found("2"), "t")
    lines.disconnect(first)
    lines.connect(cast.workspace, app, found("3"), "t")
    lines.connect(carla.workspace, app, found("1"), "t")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_not_both_the_last(
    cast: Cast, app: MetaApp, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_WHATSAPP_LINES", "1")
    meta.on("POST /102/subscribed_apps", AGREED)
    refused: list[str] = []
    barrier = Barrier(2)

    def run(external_id: str) -> None:
        try:
            barrier.wait()
            lines.connect(cast.workspace, app, found(external_id), "t")
        except lines.TooManyLines:
            refused.append(external_id)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(str(number),)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Account.objects.filter(channel="whatsapp").count() == 1


def test_a_line_of_another_workspace_is_refused(cast: Cast, carla: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /102/subscribed_apps", AGREED)
    lines.connect(carla.workspace, app, found(), "t")
    with pytest.raises(accounts.ConnectedElsewhere):
        lines.connect(cast.workspace, app, found(), "t")


def test_the_last_of_a_business_account_to_go_ends_its_subscription(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /102/subscribed_apps", AGREED).on("DELETE /102/subscribed_apps", AGREED)
    first, second = (lines.connect(cast.workspace, app, found(each), "t") for each in ("1", "2"))
    assert lines.disconnect(first)
    assert not lines.disconnect(first)
    assert "DELETE /102/subscribed_apps" not in meta.paths
    assert lines.disconnect(second)
    assert meta.paths[-1] == "DELETE /102/subscribed_apps"


def test_a_page_stays_subscribed_while_its_instagram_account_is_connected(
    cast: Cast, app: MetaApp, meta: Fake
) -> None:
    meta.on("POST /1906/subscribed_apps", AGREED)
    page = lines.connect(cast.workspace, app, Found(ChannelKey.MESSENGER, "1906", "Tienda"), "t")
    linked = Found(ChannelKey.INSTAGRAM, "178", "@tienda", {"login": "page", "page_id": "1906"})
    lines.connect(cast.workspace, app, linked, "t")
    assert lines.disconnect(page)
    assert "DELETE /1906/subscribed_apps" not in meta.paths


@pytest.mark.parametrize("reply", [refusal(190, status=401), HTML, httpx.ReadTimeout("x"), answer([])])
def test_it_is_disconnected_whatever_meta_says(
    cast: Cast, app: MetaApp, meta: Fake, reply: httpx.Response | Exception
) -> None:
    meta.on("POST /102/subscribed_apps", AGREED).on("DELETE /102/subscribed_apps", reply)
    account = lines.connect(cast.workspace, app, found(), "t")
    assert lines.disconnect(account)
    account.refresh_from_db()
    assert not account.is_connected
    assert not Credential.objects.filter(account=account).exists(), "its token is forgotten"


def test_a_token_brought_while_it_was_disconnected_is_kept(cast: Cast, app: MetaApp, meta: Fake) -> None:
    meta.on("POST /102/subscribed_apps", AGREED)
    account = lines.connect(cast.workspace, app, found(), "t")

    def again(_: httpx.Request) -> httpx.Response:
        accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="x", external_id="106", app=app, token="new")
        return answer(AGREED)

    meta.on("DELETE /102/subscribed_apps", again)
    lines.disconnect(account)
    assert Credential.objects.get(account=account).token == "new"


def test_what_is_not_metas_is_disconnected_as_before(cast: Cast, meta: Fake) -> None:
    assert lines.disconnect(cast.chat)
    assert meta.asked == []
