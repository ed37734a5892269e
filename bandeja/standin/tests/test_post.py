"""The stand-in's post: signed, at least once, in any weather, for seven days or an hour."""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise
from typing import Any

import pytest

from bandeja.standin.client import ControlError
from bandeja.standin.tests.cast import NOON, Shop

DAY, HOUR = 86_400.0, 3600.0


def test_a_delivery_is_signed_over_the_bytes_as_they_are_escaped(shop: Shop) -> None:
    shop.write(text="¿Señal? 🚲 a/b")
    told = shop.callback.told[0]

    assert b"\\u00bfSe\\u00f1al? \\ud83d\\udeb2 a\\/b" in told.body
    told.body.decode("ascii")
    digest = hmac.new(b"s3cret", told.body, hashlib.sha256).hexdigest()
    assert told.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert shop.callback.messages()[0]["text"]["body"] == "¿Señal? 🚲 a/b"


def test_instagram_may_be_signed_with_a_secret_of_its_own(shop: Shop) -> None:
    shop.control.app(id=shop.app, instagram_secret="other")
    shop.write(shop.profile)
    shop.write(shop.page)

    for told, secret in zip(shop.callback.told, (b"other", b"s3cret"), strict=True):
        digest = hmac.new(secret, told.body, hashlib.sha256).hexdigest()
        assert told.headers["x-hub-signature-256"] == f"sha256={digest}"


def test_the_entry_names_the_owner_and_only_pages_have_a_time(shop: Shop) -> None:
    shop.write()
    shop.write(shop.page)

    first, second = (told.json["entry"][0] for told in shop.callback.told)

    assert first["id"] == shop.number["waba"]
    assert "time" not in first
    assert first["changes"][0]["value"]["metadata"]["phone_number_id"] == shop.number["id"]
    assert second["id"] == shop.page["id"]
    assert second["time"] == int(NOON * 1000)


def test_duplicates_come_when_asked_for(shop: Shop) -> None:
    shop.control.weather(shop.app, duplicates=True)

    message = shop.write()

    assert [each["id"] for each in shop.callback.messages()] == [message, message]


def test_what_was_held_comes_in_batches_and_shuffled(shop: Shop) -> None:
    shop.control.weather(shop.app, held=True, shuffle=True, batch=7)
    said = [shop.write(text=str(number)) for number in range(20)]
    assert shop.callback.told == []

    shop.control.weather(shop.app, held=False)
    shop.control.settle()

    told = [each["id"] for each in shop.callback.messages()]
    assert len(shop.callback.told) == 3
    assert told != said
    assert sorted(told) == sorted(said)


def test_a_batch_keeps_every_item_however_it_is_spread(shop: Shop) -> None:
    shop.control.person(id="rui", phone="5511987654321")
    for _ in range(10):
        shop.control.weather(shop.app, held=True, batch=1000)
        said = [shop.write(text="uno"), shop.control.say(shop.number["id"], "rui", text="dois"), shop.write()]
        shop.callback.told.clear()
        shop.control.weather(shop.app, held=False)
        shop.control.settle()
        assert [each["id"] for each in shop.callback.messages()] == said


def test_deliveries_may_be_late(shop: Shop) -> None:
    shop.control.weather(shop.app, delay=600)
    shop.write()
    assert shop.callback.told == []

    shop.control.advance(600)

    assert shop.callback.messages()[0]["timestamp"] == str(int(NOON))


def test_an_echo_may_come_before_the_send_is_answered(shop: Shop) -> None:
    shop.control.weather(shop.app, early=True)
    shop.write()
    shop.write(shop.page)
    shop.callback.told.clear()

    shop.tell(shop.page)
    shop.send()

    assert [told.json["object"] for told in shop.callback.told[:1]] == ["page"]
    assert [status["status"] for status in shop.callback.statuses()] == ["sent", "delivered"]


def test_whatsapp_tries_for_seven_days_less_and_less_often(shop: Shop) -> None:
    shop.callback.status = 500
    shop.write()
    shop.control.advance(6.9 * DAY)

    tries = [each["at"] for each in shop.control.deliveries()]
    pauses = [after - before for before, after in pairwise(tries)]
    assert len(tries) > 10
    assert pauses == sorted(pauses)
    shop.callback.told.clear()
    shop.callback.status = 200
    shop.control.advance(DAY)
    assert not shop.callback.told or len(shop.callback.messages()) == 1


def test_whatsapp_delivers_once_the_door_opens_again(shop: Shop) -> None:
    shop.callback.status = 503
    message = shop.write()
    shop.control.advance(5 * HOUR)
    shop.callback.told.clear()
    shop.callback.status = 200

    shop.control.advance(12 * HOUR)

    assert [each["id"] for each in shop.callback.messages()] == [message]
    assert shop.callback.messages()[0]["timestamp"] == str(int(NOON))


def test_whatsapp_gives_up_after_seven_days(shop: Shop) -> None:
    shop.callback.status = 500
    shop.write()

    shop.control.advance(8 * DAY)

    assert shop.control.settle() == 0
    assert [alert["what"] for alert in shop.control.state()["alerts"]] == ["dropped"]


@pytest.mark.parametrize("name", ["page", "profile"])
def test_a_page_is_unsubscribed_after_an_hour_and_what_waited_is_lost(shop: Shop, name: str) -> None:
    line: dict[str, Any] = getattr(shop, name)
    shop.callback.status = 500
    shop.write(line)
    shop.control.advance(HOUR - 1)
    assert shop.call("GET", f"{line['id']}/subscribed_apps", line).json()["data"]

    shop.control.advance(1)

    assert shop.call("GET", f"{line['id']}/subscribed_apps", line).json()["data"] == []
    assert [alert["what"] for alert in shop.control.state()["alerts"]] == ["failing", "unsubscribed"]
    shop.callback.status = 200
    shop.callback.told.clear()
    shop.write(line)
    shop.control.advance(DAY)
    assert shop.callback.told == []


def test_a_page_that_answers_within_the_hour_stays(shop: Shop) -> None:
    shop.callback.status = 500
    message = shop.write(shop.page)
    shop.control.advance(HOUR / 2)
    shop.callback.status = 200
    shop.callback.told.clear()

    shop.control.advance(HOUR)

    assert [item["message"]["mid"] for item in shop.callback.items] == [message]
    assert shop.call("GET", f"{shop.page['id']}/subscribed_apps", shop.page).json()["data"]


def test_any_other_webhook_is_told_as_it_is_given(shop: Shop) -> None:
    template = shop.control.template(shop.number["waba"], "pedido")
    shop.control.template_status(shop.number["id"], template["id"], "PAUSED")
    shop.control.notice(
        shop.number["id"], "messages", {"messaging_product": "whatsapp", "errors": [{"code": 130429}]}
    )
    shop.control.settle()

    paused, notice = shop.callback.items

    assert paused["message_template_id"] == int(template["id"])
    assert paused["reason"] is None
    assert notice["errors"] == [{"code": 130429}]


def test_what_is_not_there_is_told_in_a_sentence(shop: Shop) -> None:
    with pytest.raises(ControlError, match="no person 'nobody'"):
        shop.control.say(shop.number["id"], "nobody", text="Hola")
    with pytest.raises(ControlError, match="carrier"):
        shop.write(kind="carrier")
    with pytest.raises(ControlError, match="nothing is said by caption"):
        shop.write(kind="image", caption="Hola")


def test_an_account_made_again_is_the_same_one(shop: Shop) -> None:
    again = shop.control.number(shop.app, id=shop.number["id"], waba=shop.number["waba"], token=shop.number["token"])

    assert again == shop.number
    assert shop.send().status_code == 200
