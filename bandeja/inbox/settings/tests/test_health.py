"""How an account fares, in words: on its page, in the list, in the banner; and its templates."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.meta import faults
from bandeja.channels.meta.tests.answering import HTML, Fake, refusal
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp, Template
from bandeja.inbox.settings import health
from bandeja.inbox.settings.tests.test_accounts import as_, text
from bandeja.people.clock import database_now
from tests.cast import Cast

pytestmark = pytest.mark.django_db

OURS = {"data": [{"whatsapp_business_api_data": {"id": "555"}}]}
BODY = {"type": "BODY", "text": "Hola {{1}}, tu pedido salió", "example": {"body_text": [["Lía"]]}}
BROKEN = {"fault": "token", "code": 190, "text": "Error validating access token secret-token"}
UNPAID = {"fault": "account", "code": 131042, "text": "x"}


@pytest.fixture
def line(cast: Cast) -> Account:
    named = {"key": "k", "name": "App", "app_id": "555", "verify_token": "v", "secret": "s"}
    app = MetaApp.objects.create(workspace=cast.workspace, **named)
    config = {"waba": "102", "phone": "+57 1"}
    account = accounts.connect(
        cast.workspace,
        ChannelKey.WHATSAPP,
        name="Ventas",
        external_id="106",
        app=app,
        config=config,
        token="secret-token",
    )
    fine = {"has_valid_token": True, "is_subscribed": True, "quality": "GREEN", "tier": "TIER_2K"}
    Health.objects.filter(account=account).update(**fine, checked_at=database_now())
    return account


def page_of(line: Account, cast: Cast) -> str:
    return text(as_(cast.ana), f"/settings/accounts/{line.pk}")


def test_a_healthy_number_says_so(cast: Cast, line: Account) -> None:
    page = page_of(line, cast)
    for said in ("Works", "Subscribed", "High", "Up to 2,000 people a day", "+57 1", "102", "106"):
        assert said in page
    assert "secret-token" not in page
    assert "notice danger" not in page


def test_what_was_asked_for_of_the_phone_app_and_what_meta_refused_is_told(cast: Cast, line: Account) -> None:
    assert "phone app" not in page_of(line, cast)
    asked = {"smb_app_state_sync": "asked", "history": "Too late <for> that"}
    Account.objects.filter(pk=line.pk).update(config={**line.config, "phone_app": asked})
    page = page_of(line, cast)
    for said in ("Contacts of the phone app", "Asked for", "Chats of the phone app", "Too late &lt;for&gt; that"):
        assert said in page


@pytest.mark.parametrize(
    ("wrong", "trouble", "advice"),
    [
        ({"error": BROKEN, "has_valid_token": False}, "no longer gives access to “Ventas”", "Give it a new token"),
        ({"has_valid_token": False}, "no longer gives access to “Ventas”", "Give it a new token"),
        ({"error": UNPAID}, "does not let “Ventas” send", "payment method"),
        (
            {"is_subscribed": False, "error": {"fault": "transient", "text": faults.NOT_SUBSCRIBED}},
            "does not deliver the messages of “Ventas”",
            "We ask again every hour",
        ),
    ],
)
def test_what_is_wrong_is_told_on_its_page_in_the_list_and_above_every_page(
    cast: Cast, line: Account, wrong: dict[str, Any], trouble: str, advice: str
) -> None:
    Health.objects.filter(account=line).update(**wrong, error_at=database_now())
    page = page_of(line, cast)
    assert trouble in page
    assert advice in page
    assert "secret-token" not in page
    assert page.count(trouble) == 1, "the banner is for other pages"
    browser = as_(cast.ana)
    assert "Needs attention" in text(browser, "/settings/accounts")
    for address in ("/inbox", "/settings/closing", "/settings/people"):
        shown = text(browser, address)
        assert trouble in shown, address
        assert f'href="/settings/accounts/{line.pk}"' in shown


def test_what_passes_by_itself_is_advice_without_a_banner(cast: Cast, line: Account) -> None:
    error = {"fault": "transient", "text": faults.NOT_REACHED}
    Health.objects.filter(account=line).update(error=error, error_at=database_now())
    assert "We keep trying" in page_of(line, cast)
    assert "banner" not in text(as_(cast.ana), "/inbox")


def test_the_banner_is_for_who_can_do_something_about_it(cast: Cast, carla: Cast, line: Account) -> None:
    Health.objects.filter(account=line).update(has_valid_token=False)
    assert "banner" not in text(as_(cast.bruno), "/inbox")
    assert "banner" not in text(as_(cast.bruno), "/settings/accounts")
    assert "banner" not in text(as_(carla.ana), "/inbox")
    accounts.disconnect(line)
    assert "banner" not in text(as_(cast.ana), "/inbox")


def test_several_are_one_sentence(cast: Cast, line: Account) -> None:
    other = accounts.connect(cast.workspace, ChannelKey.MESSENGER, name="x", external_id="1", token="t")
    Health.objects.filter(account__in=[line, other]).update(has_valid_token=False)
    assert "2 accounts need you." in text(as_(cast.ana), "/inbox")


def test_meta_is_asked_now(cast: Cast, line: Account, meta: Fake) -> None:
    meta.on("GET /106", refusal(190), {"id": "106", "quality_rating": "RED"}).on("GET /102/subscribed_apps", OURS)
    browser, address = as_(cast.ana), f"/settings/accounts/{line.pk}"
    assert "Refused by Meta" in browser.post(f"{address}/check", follow=True).content.decode()
    assert "Low" in browser.post(f"{address}/check", follow=True).content.decode()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("TIER_250", "Up to 250 people a day"),
        ("TIER_100K", "Up to 100,000 people a day"),
        ("TIER_UNLIMITED", "No limit"),
        ("", ""),
        ("TIER_NOT_SET", ""),
    ],
)
def test_a_tier_is_told_in_people(told: str, said: str) -> None:
    assert health.tier(told) == said


# Templates


def template(line: Account, **more: Any) -> Template:
    known = {"name": "saludo", "language": "es", "category": "UTILITY", "status": "APPROVED", "line": "102"}
    assert line.app is not None
    return Template.objects.create(app=line.app, external_id="7", components=[BODY], **{**known, **more})


def test_templates_are_listed_with_what_meta_thinks_of_them(cast: Cast, line: Account) -> None:
    template(line, quality="YELLOW")
    template(line, name="oferta", status="REJECTED", category="MARKETING", rejected_reason="SCAM")
    template(line, name="raro", status="NEW_STATUS", rejected_reason="NEW_REASON")
    template(line, name="ajena")
    Template.objects.filter(name="ajena").update(line="999")
    page = text(as_(cast.ana), f"/settings/accounts/{line.pk}/templates")
    said = ["saludo", "Approved", "Utility", "Quality: Medium", "Hola Lía, tu pedido", "Rejected"]
    for each in [*said, "takes it for a scam", "NEW_STATUS", "NEW_REASON"]:
        assert each in page
    assert "ajena" not in page


def test_templates_are_fetched_now(cast: Cast, line: Account, meta: Fake) -> None:
    template(line, name="vieja", synced_at="2020-01-01T00:00Z")
    fresh = {"id": "9", "name": "nueva", "language": "es", "status": "APPROVED"}
    meta.on("GET /102/message_templates", {"data": [fresh]}, HTML)
    browser, address = as_(cast.ana), f"/settings/accounts/{line.pk}/templates"
    page = browser.post(address, follow=True).content.decode()
    assert "1 template was fetched." in page
    assert [each.name for each in Template.objects.all()] == ["nueva"]
    assert "could not be asked just now" in browser.post(address, follow=True).content.decode()
    assert [each.name for each in Template.objects.all()] == ["nueva"], "what was known stays"


def test_a_disconnected_number_has_no_token_to_fetch_with(cast: Cast, line: Account, meta: Fake) -> None:
    line.credential.delete()
    page = as_(cast.ana).post(f"/settings/accounts/{line.pk}/templates", follow=True).content.decode()
    assert "Connect the account again first" in page
    assert meta.asked == []
