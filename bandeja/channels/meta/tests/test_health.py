"""The check-up: what is wrong with an account is found, mended where it can be, and told; nobody waits for others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection, transaction

from bandeja.channels import accounts
from bandeja.channels.contract import Notice
from bandeja.channels.messenger.connect import FIELDS
from bandeja.channels.meta import faults, health, lines
from bandeja.channels.meta.checkup import Checked, Patient
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.models import Account, ChannelKey, Credential, Health, MetaApp, Template
from bandeja.channels.sending import Refused, Unanswered
from bandeja.channels.whatsapp import templates
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGREED = {"success": True}
NUMBER = {"id": "106", "quality_rating": "YELLOW", "whatsapp_business_manager_messaging_limit": "TIER_2K"}
OURS = {"data": [{"id": "555", "subscribed_fields": list(FIELDS)}]}
OURS_WA = {"data": [{"whatsapp_business_api_data": {"id": "555"}}]}


@pytest.fixture
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def app(cast: Cast, noon: datetime) -> MetaApp:
    return MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )


def connect(cast: Cast, app: MetaApp, channel: ChannelKey, external_id: str, **config: Any) -> Account:
    return accounts.connect(
        cast.workspace, channel, name="x", external_id=external_id, app=app, config=config, token="t-" + external_id
    )


@pytest.fixture
def number(cast: Cast, app: MetaApp, meta: Fake) -> Account:
    meta.on("GET /106", NUMBER).on("GET /102/subscribed_apps", OURS_WA)
    return connect(cast, app, ChannelKey.WHATSAPP, "106", waba="102", phone="+52 55 1234 5678")


@pytest.fixture
def page(cast: Cast, app: MetaApp, meta: Fake) -> Account:
    meta.on("GET /1906", {"id": "1906", "name": "Tienda"}).on("GET /1906/subscribed_apps", OURS)
    return connect(cast, app, ChannelKey.MESSENGER, "1906")


@pytest.fixture
def profile(cast: Cast, app: MetaApp, meta: Fake) -> Account:
    meta.on("GET /me", {"id": "9", "user_id": "178", "username": "tienda"})
    meta.on("GET /178/subscribed_apps", {"data": [{"subscribed_fields": ["messages"]}]})
    meta.on("POST /178/subscribed_apps", AGREED)
    meta.on("GET /refresh_access_token", {"access_token": "new", "expires_in": 5_184_000})
    return connect(cast, app, ChannelKey.INSTAGRAM, "178", login="instagram")


def of(account: Account) -> Health:
    return Health.objects.get(account=account)


def ail(account: Account, fault: str, at: datetime) -> None:
    Health.objects.filter(account=account).update(error={"fault": fault, "code": 1, "text": "x"}, error_at=at)


def test_a_healthy_number_is_said_to_be_one_and_seen_again_in_an_hour(number: Account) -> None:
    assert health.step() == 1
    well = of(number)
    assert (well.has_valid_token, well.is_subscribed, well.error) == (True, True, None)
    assert (well.quality, well.tier, well.checked_at) == ("YELLOW", "TIER_2K", NOON)
    assert NOON + timedelta(minutes=50) < well.look_at < NOON + timedelta(minutes=70)
    assert health.step() == 0


def test_a_number_that_the_phone_app_joins_keeps_to_its_pace_from_the_next_check_up_on(
    number: Account, meta: Fake
) -> None:
    Account.objects.filter(pk=number.pk).update(config={**number.config, "phone": "+57 1", "human_agent": True})
    meta.on("GET /106", {**NUMBER, "is_on_biz_app": True})
    health.look(number)
    number.refresh_from_db()
    told = {"waba": "102", "phone": "+57 1", "human_agent": True, "coexistence": True}
    assert number.config == told, "what Meta does not tell stays"


def test_an_account_is_looked_at_before_its_time_when_somebody_asks(number: Account, noon: datetime) -> None:
    Health.objects.filter(account=number).update(look_at=noon + HOUR)
    health.look(number)
    assert (of(number).checked_at, of(number).is_subscribed) == (noon, True)


def test_a_revoked_token_is_told_and_the_subscription_not_asked_for(number: Account, meta: Fake) -> None:
    meta.on("GET /106", refusal(190, 463, status=401, text="Session has expired"))
    health.step()
    ill = of(number)
    assert (ill.has_valid_token, ill.is_subscribed) == (False, None)
    assert ill.error
    assert (ill.error["fault"], ill.error["code"], ill.error_at) == ("token", 190, NOON)
    assert meta.paths == ["GET /106"]


def test_a_page_that_was_unsubscribed_is_subscribed_again_and_what_it_missed_noted(page: Account, meta: Fake) -> None:
    """Meta unsubscribes an app that did not answer for an hour, and repeats nothing (meta.md A2)."""
    Health.objects.filter(account=page).update(last_delivery_at=NOON + HOUR)
    meta.on("GET /1906/subscribed_apps", {"data": []}).on("POST /1906/subscribed_apps", AGREED)
    health.step()
    mended = of(page)
    assert (mended.is_subscribed, mended.missed_since) == (True, NOON + HOUR)
    assert "POST /1906/subscribed_apps" in meta.paths


def test_what_was_missed_before_is_not_forgotten_by_a_later_loss(page: Account, meta: Fake) -> None:
    Health.objects.filter(account=page).update(missed_since=NOON - HOUR, last_delivery_at=NOON)
    meta.on("GET /1906/subscribed_apps", {"data": []}).on("POST /1906/subscribed_apps", AGREED)
    health.step()
    assert of(page).missed_since == NOON - HOUR


def test_nothing_from_before_it_was_connected_was_missed(page: Account, meta: Fake) -> None:
    Health.objects.filter(account=page).update(last_delivery_at=NOON - 100 * HOUR)
    meta.on("GET /1906/subscribed_apps", {"data": []}).on("POST /1906/subscribed_apps", AGREED)
    health.step()
    assert of(page).missed_since == NOON


def test_a_loss_that_was_mended_without_an_answer_is_one(page: Account, meta: Fake) -> None:
    """Meta may have heard it: then the next check-up finds nothing lost."""
    Health.objects.filter(account=page).update(is_subscribed=True)
    meta.on("GET /1906/subscribed_apps", {"data": []}, OURS).on("POST /1906/subscribed_apps", httpx.ReadTimeout("x"))
    health.look(page)
    assert (of(page).is_subscribed, of(page).missed_since) == (None, NOON), "nothing is fetched before it is back"
    health.look(page)
    assert (of(page).is_subscribed, of(page).missed_since) == (True, NOON)


def test_a_loss_that_was_mended_with_the_old_token_is_one(page: Account, meta: Fake, clock: Clock) -> None:
    meta.on("GET /1906/subscribed_apps", {"data": []}).on("POST /1906/subscribed_apps", AGREED)
    (patient,) = health._claim(10)
    found = health._check(patient, NOON)
    clock.advance(minutes=1)
    accounts.keep_token(page, "rotated")
    health._keep(patient, found)
    assert (of(page).is_subscribed, of(page).missed_since) == (None, NOON)


def test_fields_that_do_not_come_are_asked_for_without_a_loss(page: Account, meta: Fake) -> None:
    meta.on("GET /1906/subscribed_apps", {"data": [{"id": "555", "subscribed_fields": ["messages"]}]})
    meta.on("POST /1906/subscribed_apps", AGREED)
    health.step()
    assert "POST /1906/subscribed_apps" in meta.paths
    assert of(page).missed_since is None


def test_a_number_misses_nothing_for_whatsapp_repeats_itself(number: Account, meta: Fake) -> None:
    meta.on("GET /102/subscribed_apps", {"data": []}).on("POST /102/subscribed_apps", AGREED)
    health.step()
    assert (of(number).is_subscribed, of(number).missed_since) == (True, None)


def test_a_subscription_that_meta_refuses_is_told_and_does_not_stop_sending(page: Account, meta: Fake) -> None:
    meta.on("GET /1906/subscribed_apps", {"data": []}).on("POST /1906/subscribed_apps", refusal(200, text="No"))
    health.step()
    ill = of(page)
    assert (ill.has_valid_token, ill.is_subscribed, ill.missed_since) == (True, False, None)
    assert ill.error
    assert (ill.error["text"], ill.error["fault"]) == (faults.NOT_SUBSCRIBED, "transient")


@pytest.mark.parametrize("reply", [HTML, httpx.ReadTimeout("x"), httpx.ConnectError("x"), answer("?", 502)])
def test_what_cannot_be_asked_is_asked_again_soon_and_believed_meanwhile(
    number: Account, meta: Fake, reply: httpx.Response | Exception
) -> None:
    health.step()
    Health.objects.filter(account=number).update(look_at=NOON)
    meta.on("GET /106", reply)
    health.step()
    unsure = of(number)
    assert (unsure.has_valid_token, unsure.is_subscribed, unsure.look_at) == (True, True, NOON + health.SOON)
    assert unsure.error
    assert unsure.error["text"] == faults.NOT_REACHED
    Health.objects.filter(account=number).update(look_at=NOON)
    meta.on("GET /106", NUMBER)
    health.step()
    assert of(number).error is None


def test_metas_silence_hides_no_graver_fault(number: Account, meta: Fake) -> None:
    ail(number, "token", NOON)
    meta.on("GET /106", HTML)
    health.step()
    error = of(number).error
    assert error
    assert error["fault"] == "token"


@pytest.mark.parametrize(
    ("fault", "age", "stays"),
    [
        ("transient", timedelta(), False),
        ("token", timedelta(minutes=1), True),
        ("token", timedelta(minutes=6), False),
        ("account", timedelta(minutes=6), True),
        ("account", timedelta(minutes=51), False),
    ],
)
def test_a_fault_that_only_sending_sees_is_believed_for_a_while(
    number: Account, fault: str, age: timedelta, stays: bool
) -> None:
    ail(number, fault, NOON - age)
    health.step()
    assert (of(number).error is not None) is stays


def test_throttled_means_later(number: Account, meta: Fake) -> None:
    meta.on("GET /106", refusal(80007, status=429, headers={"Retry-After": "1800"}))
    health.step()
    assert of(number).look_at == NOON + timedelta(minutes=30)


# Instagram's tokens


def test_a_token_whose_end_is_not_known_is_renewed_at_once(profile: Account) -> None:
    health.step()
    credential = Credential.objects.get(account=profile)
    assert (credential.token, credential.refreshed_at) == ("new", NOON)
    assert credential.expires_at == NOON + timedelta(days=60)


@pytest.mark.parametrize(("day", "renewed"), [(29, False), (31, True)])
def test_a_token_is_renewed_at_half_its_life(
    profile: Account, clock: Clock, meta: Fake, day: int, renewed: bool
) -> None:
    Credential.objects.filter(account=profile).update(expires_at=NOON + timedelta(days=60), refreshed_at=NOON)
    clock.advance(days=day)
    health.step()
    assert ("GET /refresh_access_token" in meta.paths) is renewed


def test_a_token_that_ends_soon_and_cannot_be_renewed_is_told(profile: Account, clock: Clock, meta: Fake) -> None:
    Credential.objects.filter(account=profile).update(expires_at=NOON + timedelta(days=60), refreshed_at=NOON)
    meta.on("GET /refresh_access_token", refusal(2, status=500))
    clock.advance(days=45)
    health.step()
    assert of(profile).error is None
    clock.advance(days=6)
    health.step()
    error = of(profile).error
    assert error
    assert (error["text"], error["details"]) == (faults.TOKEN_ENDS, "2030-03-02")
    assert error["fault"] == "transient", "it still works"


def test_a_token_of_a_page_is_not_renewed(cast: Cast, app: MetaApp, meta: Fake) -> None:
    connect(cast, app, ChannelKey.INSTAGRAM, "178", login="page", page_id="1906")
    meta.on("GET /178", {"id": "178"}).on("GET /1906/subscribed_apps", OURS)
    health.step()
    assert meta.paths == ["GET /178", "GET /1906/subscribed_apps"]


# Many accounts, many workers


def test_who_is_disconnected_or_not_metas_is_left_alone(cast: Cast, number: Account, meta: Fake) -> None:
    accounts.disconnect(number)
    Health.objects.create(account=cast.chat, look_at=NOON)
    assert health.step() == 0
    assert meta.asked == []


def test_a_new_token_is_not_judged_by_an_answer_to_the_old(number: Account, meta: Fake, clock: Clock) -> None:
    def meanwhile(request: httpx.Request) -> httpx.Response:
        del request
        return refusal(190, status=401)

    meta.on("GET /106", meanwhile)
    (patient,) = health._claim(10)
    found = health._check(patient, NOON)
    clock.advance(minutes=1)
    accounts.keep_token(number, "rotated")
    health._keep(patient, found)
    assert (of(number).has_valid_token, of(number).error) == (None, None)
    assert of(number).look_at == NOON + timedelta(minutes=1), "the new one is looked at at once"


def test_what_is_claimed_is_claimed_once_and_given_back_in_time(number: Account, clock: Clock) -> None:
    assert len(health._claim(10)) == 1
    assert health._claim(10) == []
    clock.advance(minutes=11)
    assert len(health._claim(10)) == 1


def test_a_slow_account_and_a_broken_one_hold_up_no_other(
    cast: Cast, app: MetaApp, number: Account, page: Account, meta: Fake
) -> None:
    """The slow one is answered only once the other has been: one after the other they would never end."""
    answered = threading.Event()

    def slow(request: httpx.Request) -> httpx.Response:
        del request
        assert answered.wait(20), "the accounts were asked one after the other"
        return answer({"id": "1906"})

    def quick(request: httpx.Request) -> httpx.Response:
        del request
        answered.set()
        return answer(NUMBER)

    broken = connect(cast, app, ChannelKey.MESSENGER, "2")
    meta.on("GET /1906", slow).on("GET /106", quick).on("GET /2", RuntimeError("a bug"))
    assert health.step() == 3
    assert of(number).has_valid_token
    assert of(page).has_valid_token
    assert of(broken).look_at == NOON + health.SOON


def test_one_whose_findings_cannot_be_kept_costs_no_other_theirs(
    number: Account, page: Account, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = health._keep

    def broken(patient: Patient, found: Checked) -> None:
        if patient.line.account_id == number.pk:
            raise ValueError("a bug")
        keep(patient, found)

    monkeypatch.setattr(health, "_keep", broken)
    assert health.step() == 2
    assert (of(page).has_valid_token, of(number).has_valid_token) == (True, None)
    assert of(number).look_at == NOON + health.LEASE, "and is looked at again"


def test_no_transaction_is_open_while_meta_is_asked(number: Account, meta: Fake) -> None:
    before = len(connection.savepoint_ids)
    open_then: list[int] = []

    def ask(request: httpx.Request) -> httpx.Response:
        del request
        open_then.append(len(connection.savepoint_ids))
        return answer(NUMBER)

    meta.on("GET /106", ask)
    health.step()
    assert open_then in ([before], [0]), "threads have a connection of their own, and never use it"


# What Meta tells by itself


def notice(topic: str, *, scope: str = "waba", line: str = "102", **data: Any) -> Notice:
    return Notice("whatsapp", scope, line, topic, data, MetaApp.objects.values_list("pk", flat=True)[0])


def test_a_number_hears_of_its_own_tier(cast: Cast, app: MetaApp, number: Account) -> None:
    other = connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102", phone="+52 55 0000 0000")
    told = notice(
        "phone_number_quality_update",
        display_phone_number="525512345678",
        event="UPGRADE",
        max_daily_conversations_per_business="TIER_10K",
    )
    health.heed([told, notice("unknown_topic"), notice("phone_number_quality_update", line="999")])
    assert (of(number).tier, of(other).tier) == ("TIER_10K", "")


def test_a_ban_is_told_on_every_number_of_the_business_account(cast: Cast, app: MetaApp, number: Account) -> None:
    other = connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102")
    health.heed([notice("account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"})])
    for each in (number, other):
        error = of(each).error
        assert error
        assert (error["fault"], error["text"], error["details"]) == ("account", faults.BLOCKED, "DISABLED_UPDATE")


def test_of_several_news_the_latest_stands(number: Account) -> None:
    for tier in ("TIER_1K", "TIER_10K"):
        health.heed([notice("phone_number_quality_update", current_limit=each) for each in ("TIER_2K", tier)])
        assert of(number).tier == tier


@pytest.mark.django_db(transaction=True)
def test_news_of_several_accounts_never_wait_for_each_other(cast: Cast, app: MetaApp, number: Account) -> None:
    """Each delivery tells of them in an order of its own, and is one transaction."""
    connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102")
    news = [notice("error", scope="line", line=line, code=131042, text="x") for line in ("106", "107")]
    together = threading.Barrier(2)

    def tell(told: list[Notice]) -> None:
        try:
            for _ in range(20):
                together.wait(20)
                with transaction.atomic():
                    health.heed(told)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(tell, news), threads.submit(tell, news[::-1])]:
            done.result()
    assert Health.objects.filter(error__fault="account").count() == 2


def test_any_other_news_of_the_account_is_looked_into(number: Account, clock: Clock) -> None:
    health.step()
    clock.advance(minutes=10)
    health.heed([notice("account_update", event="ACCOUNT_VIOLATION")])
    assert of(number).look_at == NOON + timedelta(minutes=10)
    assert of(number).error is None


@pytest.mark.parametrize(("code", "kept"), [(131042, True), (190, True), (131052, False), (130429, False)])
def test_an_error_of_the_line_is_kept_when_it_is_the_accounts_own(number: Account, code: int, kept: bool) -> None:
    health.heed([notice("error", scope="line", line="106", code=code, text="Title", details="Why")])
    error = of(number).error
    assert (error is not None) is kept
    if error:
        assert (error["code"], error["details"]) == (code, "Why")


def test_a_page_that_meta_blocks_says_so(page: Account) -> None:
    blocked = {"action": "block", "reason": "Spam"}
    app_id = page.app_id or 0
    health.heed([Notice("messenger", "line", "1906", "policy_enforcement", blocked, app_id + 1)])
    assert of(page).error is None
    health.heed([Notice("messenger", "line", "1906", "policy_enforcement", blocked, app_id)])
    error = of(page).error
    assert error
    assert (error["fault"], error["details"]) == ("account", "Spam")


# Templates that only a new list tells of


WELCOME = {"id": "77", "name": "bienvenida", "language": "es", "status": "APPROVED"}
REWORDED = {"components": [{"type": "BODY", "text": "Hola de nuevo"}]}
TEMPLATES = "GET /102/message_templates"


def of_template(event: str, topic: str = "message_template_status_update") -> Notice:
    return notice(topic, event=event, message_template_id=77)


def test_a_template_that_was_just_approved_can_be_sent_after_the_next_check_up(
    cast: Cast, app: MetaApp, number: Account, clock: Clock, meta: Fake
) -> None:
    """Its notice says neither what it reads nor what it asks for; both numbers of the business account share it."""
    meta.on("GET /107", {**NUMBER, "id": "107"}).on(TEMPLATES, {"data": [WELCOME]})
    other = connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102")
    health.step()
    clock.advance(minutes=10)
    told_already = len(meta.paths)
    health.heed([of_template("APPROVED")])
    assert len(meta.paths) == told_already, "nothing is asked within the transaction of a delivery"
    assert health.step() == 1, "one of them asks for both"
    assert templates.approved(number).get().name == "bienvenida"
    assert (of(number).templates_stale_since, of(other).templates_stale_since) == (None, None)
    Health.objects.update(look_at=clock.now())
    asked = meta.paths.count(TEMPLATES)
    health.step()
    assert meta.paths.count(TEMPLATES) == asked, "once they are known they are not asked for again"


def test_however_often_meta_says_so_the_list_is_asked_for_once_in_five_minutes(
    number: Account, clock: Clock, meta: Fake
) -> None:
    meta.on(TEMPLATES, {"data": [WELCOME]})
    for minute in range(10):
        health.heed([of_template("APPROVED")])
        assert health.step() == (minute % 5 == 0)
        clock.advance(minutes=1)
    assert meta.paths.count(TEMPLATES) == 2


@pytest.mark.parametrize(
    "told", [("APPROVED", "message_template_status_update"), ("", "message_template_components_update")]
)
def test_a_template_that_was_edited_reads_as_meta_has_it_now(
    app: MetaApp, number: Account, meta: Fake, told: tuple[str, str]
) -> None:
    Template.objects.create(
        app=app, line="102", external_id="77", name="bienvenida", language="es", status="APPROVED"
    )
    meta.on(TEMPLATES, {"data": [WELCOME | REWORDED]})
    health.heed([of_template(*told)])
    health.step()
    assert Template.objects.get().components == REWORDED["components"]


def test_a_list_that_does_not_come_is_asked_for_again_soon_and_is_no_fault_of_the_account(
    number: Account, clock: Clock, meta: Fake
) -> None:
    meta.on(TEMPLATES, HTML, {"data": [WELCOME]})
    health.heed([of_template("APPROVED")])
    health.step()
    assert (of(number).error, of(number).templates_stale_since) == (None, NOON)
    clock.advance(minutes=5)
    assert health.step() == 1
    assert Template.objects.get().name == "bienvenida"


def test_what_is_approved_while_the_list_comes_is_fetched_soon_too(number: Account, clock: Clock, meta: Fake) -> None:
    meta.on(TEMPLATES, {"data": []})
    patient = Patient("whatsapp", lines.line(Account.objects.get(pk=number.pk)), "555", NOON, None, NOON)
    clock.advance(minutes=1)
    health.heed([of_template("APPROVED")])
    found = Checked(has_valid_token=True, is_subscribed=True, templates=[])
    health._keep(replace(patient, refreshed_at=Credential.objects.get().refreshed_at), found)
    assert of(number).templates_stale_since == clock.now()
    assert of(number).look_at == clock.now() + timedelta(minutes=5)


PAUSED = WELCOME | {"status": "PAUSED"}


def paused_meanwhile(clock: Clock) -> Callable[[httpx.Request], httpx.Response]:
    """The list as it was asked for, before Meta paused what is in it."""

    def asked(request: httpx.Request) -> httpx.Response:
        del request
        clock.advance(seconds=1)
        health.heed([of_template("PAUSED")])
        return answer({"data": [WELCOME]})

    return asked


def test_a_template_that_is_paused_while_the_list_comes_is_paused_in_the_end(
    cast: Cast, app: MetaApp, number: Account, clock: Clock, meta: Fake
) -> None:
    """Its notice needs no list, but the one on its way says the contrary."""
    other = connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102")
    Health.objects.filter(account=other).update(look_at=NOON + HOUR)
    health.heed([of_template("APPROVED")])
    meta.on(TEMPLATES, paused_meanwhile(clock))
    health.look(number)
    assert [of(each).templates_stale_since for each in (number, other)] == [clock.now()] * 2
    meta.on(TEMPLATES, {"data": [PAUSED]})
    clock.advance(minutes=5)
    assert health.step() == 1
    assert Template.objects.get().status == "PAUSED"
    assert [of(each).templates_stale_since for each in (number, other)] == [None, None]


def test_nor_does_the_list_that_somebody_fetches_take_it_back(
    app: MetaApp, number: Account, clock: Clock, meta: Fake
) -> None:
    meta.on(TEMPLATES, paused_meanwhile(clock))
    templates.sync(app, "102", "t")
    assert of(number).templates_stale_since == clock.now()


@pytest.mark.parametrize("known", [None, NOON])
def test_a_list_that_somebody_fetches_is_none_to_fetch_again(
    app: MetaApp, number: Account, clock: Clock, meta: Fake, known: datetime | None
) -> None:
    """One that does not come leaves all as it was; one that comes makes them known."""
    Health.objects.update(templates_stale_since=known)
    clock.advance(minutes=1)
    meta.on(TEMPLATES, HTML, {"data": [WELCOME]})
    with pytest.raises(Unanswered):
        templates.sync(app, "102", "t")
    assert of(number).templates_stale_since == known
    templates.sync(app, "102", "t")
    assert of(number).templates_stale_since is None


def test_a_word_that_needs_no_list_has_none_fetched(number: Account) -> None:
    health.heed([of_template("PAUSED")])
    assert of(number).templates_stale_since is None


@pytest.mark.parametrize("words", [("APPROVED", "PAUSED"), ("PAUSED", "APPROVED")])
def test_one_of_several_words_has_the_list_fetched(number: Account, words: tuple[str, str]) -> None:
    health.heed([of_template(word) for word in words])
    assert of(number).templates_stale_since == NOON


THROTTLED = refusal(80008, status=429, headers={"Retry-After": "1800"})


def test_a_list_that_meta_throttles_is_not_asked_for_before_it_may_be(
    cast: Cast, app: MetaApp, number: Account, clock: Clock, meta: Fake
) -> None:
    """By no number of the business account, and whatever Meta says meanwhile."""
    meta.on(TEMPLATES, THROTTLED, {"data": [WELCOME]}).on("GET /107", {**NUMBER, "id": "107"})
    other = connect(cast, app, ChannelKey.WHATSAPP, "107", waba="102")
    health.heed([of_template("APPROVED")])
    health.look(number)
    assert (of(number).look_at, of(number).error) == (NOON + HOUR / 2, None)
    clock.advance(minutes=20)
    for each in (number, other):
        health.look(Account.objects.get(pk=each.pk))
    health.heed([of_template("APPROVED")])
    assert (health.step(), meta.paths.count(TEMPLATES)) == (0, 1)
    clock.advance(minutes=10)
    assert health.step() == 2
    assert Template.objects.get().name == "bienvenida"


def test_a_number_whose_list_has_to_wait_is_looked_at_all_the_same(number: Account, clock: Clock, meta: Fake) -> None:
    day = refusal(80008, status=429, headers={"Retry-After": "86400"})
    meta.on(TEMPLATES, day)
    health.heed([of_template("APPROVED")])
    health.step()
    clock.advance(minutes=70)
    assert (health.step(), of(number).checked_at) == (1, clock.now())
    assert meta.paths.count(TEMPLATES) == 1


def test_what_somebody_could_not_fetch_is_not_fetched_before_it_may_be(
    app: MetaApp, number: Account, clock: Clock, meta: Fake
) -> None:
    meta.on(TEMPLATES, THROTTLED, {"data": [WELCOME]})
    with pytest.raises(Refused):
        templates.sync(app, "102", "t")
    health.heed([of_template("APPROVED")])
    health.look(number)
    assert meta.paths.count(TEMPLATES) == 1
    clock.advance(minutes=30)
    assert (health.step(), meta.paths.count(TEMPLATES)) == (1, 2)


# What the phone app of a number has of before


JOINED = {**NUMBER, "is_on_biz_app": True}
SHARE = "POST /106/smb_app_data"


def kinds_asked(meta: Fake) -> list[str]:
    return [json.loads(each.content)["sync_type"] for each in meta.asked if each.url.path.endswith("/smb_app_data")]


def test_what_the_phone_app_has_is_asked_for_once(number: Account, clock: Clock, meta: Fake) -> None:
    meta.on("GET /106", JOINED).on(SHARE, {"messaging_product": "whatsapp", "request_id": "1"})
    health.step()
    clock.advance(hours=2)
    health.step()
    assert kinds_asked(meta) == ["smb_app_state_sync", "history"]


def test_a_number_without_the_phone_app_is_not_asked_for_what_it_had(number: Account, meta: Fake) -> None:
    health.step()
    assert kinds_asked(meta) == []


def test_what_meta_refuses_to_share_is_kept_beside_the_account_and_not_asked_for_again(
    number: Account, clock: Clock, meta: Fake
) -> None:
    meta.on("GET /106", JOINED).on(SHARE, AGREED, refusal(100, status=400, text="Too late"))
    health.step()
    clock.advance(hours=2)
    health.step()
    number.refresh_from_db()
    assert number.config["phone_app"] == {"smb_app_state_sync": "asked", "history": "Too late"}
    assert kinds_asked(meta) == ["smb_app_state_sync", "history"]
    assert of(number).error is None


@pytest.mark.parametrize(
    "refused",
    [refusal(4, status=429), refusal(131031), refusal(200, status=403), refusal(131057)],
    ids=["throttled", "account", "token", "theirs"],
)
def test_what_could_not_be_asked_is_asked_at_the_next_check_up(
    number: Account, clock: Clock, meta: Fake, refused: httpx.Response
) -> None:
    """Such a refusal says nothing of what was asked for."""
    meta.on("GET /106", JOINED).on(SHARE, AGREED, refused, AGREED)
    health.step()
    clock.advance(hours=2)
    health.step()
    assert kinds_asked(meta) == ["smb_app_state_sync", "history", "history"]
    number.refresh_from_db()
    assert number.config["phone_app"] == {"smb_app_state_sync": "asked", "history": "asked"}


@pytest.mark.parametrize("event", ["ACCOUNT_OFFBOARDED", "ACCOUNT_RECONNECTED", "PARTNER_REMOVED"])
def test_a_number_that_was_taken_off_the_phone_app_and_joined_again_is_asked_for_it_again(
    number: Account, clock: Clock, meta: Fake, event: str
) -> None:
    meta.on("GET /106", JOINED).on(SHARE, AGREED)
    Account.objects.filter(pk=number.pk).update(config={**number.config, "human_agent": True})
    health.step()
    clock.advance(minutes=10)
    health.heed([notice("account_update", event=event)])
    assert health.step() == 1
    assert kinds_asked(meta) == ["smb_app_state_sync", "history"] * 2
    number.refresh_from_db()
    assert number.config["human_agent"]


def test_other_news_of_its_account_has_nothing_asked_for_again(number: Account, clock: Clock, meta: Fake) -> None:
    meta.on("GET /106", JOINED).on(SHARE, AGREED)
    health.step()
    clock.advance(minutes=10)
    told = [notice("account_update", event=event) for event in ("ACCOUNT_VIOLATION", ["PARTNER_REMOVED"])]
    health.heed([*told, notice("something", event="PARTNER_REMOVED")])
    assert health.step() == 1
    assert kinds_asked(meta) == ["smb_app_state_sync", "history"]


def test_nothing_is_asked_for_that_would_not_be_delivered(number: Account, meta: Fake) -> None:
    meta.on("GET /106", JOINED).on("GET /102/subscribed_apps", refusal(200, status=403))
    health.step()
    assert kinds_asked(meta) == []
