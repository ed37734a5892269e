"""What all of Graph shares on the stand-in: versions, tokens, unknown things, and what goes wrong on request."""

from __future__ import annotations

import hashlib
import hmac

import httpx
import pytest

from bandeja.standin.tests.cast import Shop
from bandeja.standin.tests.test_whatsapp import error
from tests.standin import FIELDS

DAY = 86_400.0


def test_a_token_is_needed_and_must_be_known(shop: Shop) -> None:
    path = f"/v26.0/{shop.number['id']}"

    assert error(shop.http.get(path)) == (104, None)
    assert error(shop.http.get(path, headers={"authorization": "Bearer guess"})) == (190, None)
    assert shop.http.get(path, params={"access_token": shop.number["token"]}).status_code == 200


def test_a_revoked_token_is_190_with_463(shop: Shop) -> None:
    shop.control.revoke(shop.number["token"])

    refused = shop.send()

    assert refused.status_code == 401
    assert error(refused) == (190, 463)


@pytest.mark.parametrize("path", ["123456", "me", "nothing/messages", "123456/messages"])
def test_an_unknown_object_is_400_100_33(shop: Shop, path: str) -> None:
    refused = shop.call("GET", path, shop.page) if path != "me" else shop.call("GET", "999")

    assert refused.status_code == 400
    assert error(refused) == (100, 33)


def test_another_lines_object_is_as_unknown(shop: Shop) -> None:
    assert error(shop.call("GET", shop.number["id"], shop.page)) == (100, 33)
    assert error(shop.call("POST", f"{shop.page['id']}/messages", json={})) == (100, 33)


def test_versions_that_have_ended_or_are_to_come_are_refused(shop: Shop) -> None:
    for version in ("v20.0", "v27.0"):
        asked = {"access_token": shop.number["token"]}
        assert error(shop.http.get(f"/{version}/{shop.number['id']}", params=asked))[0] == 2500
    assert error(shop.call("GET", f"{shop.number['id']}/shoes"))[0] == 2500


def test_the_hosts_do_not_take_each_others_tokens(shop: Shop) -> None:
    asked = {"access_token": shop.profile["token"], "fields": "id,user_id,username"}

    me = shop.http.get("/graph.instagram.com/v26.0/me", params=asked).json()

    assert me["user_id"] == shop.profile["id"]
    assert me["id"] != me["user_id"]
    assert error(shop.http.get("/graph.facebook.com/v26.0/me", params=asked))[0] == 190
    asked["access_token"] = shop.page["token"]
    assert error(shop.http.get("/graph.instagram.com/v26.0/me", params=asked))[0] == 190


def test_a_token_is_described_to_its_own_app(shop: Shop) -> None:
    own, asked = {"access_token": f"{shop.app}|s3cret"}, {"input_token": shop.number["token"]}

    told = shop.http.get("/v26.0/debug_token", params={**own, **asked}).json()["data"]
    assert told["is_valid"] is True
    assert told["app_id"] == shop.app
    assert "whatsapp_business_messaging" in told["scopes"]
    assert shop.number["waba"] in told["granular_scopes"][0]["target_ids"]
    shop.control.revoke(shop.number["token"])
    told = shop.http.get("/v26.0/debug_token", params={**own, **asked}).json()["data"]
    assert told["is_valid"] is False
    assert told["error"]["subcode"] == 463
    assert error(shop.http.get("/v26.0/debug_token", params={**own, "input_token": "guess"}))[0] == 100


def test_an_app_is_checked_by_its_secret(shop: Shop) -> None:
    right = shop.http.get(f"/v26.0/{shop.app}", params={"access_token": f"{shop.app}|s3cret", "fields": "id,name"})
    wrong = shop.http.get(f"/v26.0/{shop.app}", params={"access_token": f"{shop.app}|guess"})

    assert right.json() == {"id": shop.app, "name": "Bandeja"}
    assert error(wrong)[0] == 190
    asked = {"client_id": shop.app, "client_secret": "guess", "grant_type": "client_credentials"}
    assert error(shop.http.get("/v26.0/oauth/access_token", params=asked))[0] == 1
    asked["client_secret"] = "s3cret"
    assert shop.http.get("/v26.0/oauth/access_token", params=asked).json()["access_token"] == f"{shop.app}|s3cret"


def test_a_proof_of_the_secret_is_looked_at_when_it_is_given(shop: Shop) -> None:
    proof = hmac.new(b"s3cret", shop.number["token"].encode(), hashlib.sha256).hexdigest()

    assert shop.call("GET", shop.number["id"], params={"appsecret_proof": proof}).status_code == 200
    assert error(shop.call("GET", shop.number["id"], params={"appsecret_proof": "0" * 64}))[0] == 100


def test_an_instagram_token_lives_sixty_days_and_is_refreshed_after_one(shop: Shop) -> None:
    asked = {"grant_type": "ig_refresh_token", "access_token": shop.profile["token"]}

    assert error(shop.http.get("/refresh_access_token", params=asked))[0] == 100
    shop.control.advance(2 * DAY)
    fresh = shop.http.get("/refresh_access_token", params=asked).json()
    assert fresh["expires_in"] == 60 * 86_400
    shop.control.advance(59 * DAY)
    assert error(shop.call("GET", "me", shop.profile)) == (190, 463)
    assert shop.call("GET", "me", {"token": fresh["access_token"]}).status_code == 200


def test_a_callback_is_called_before_it_is_believed(shop: Shop) -> None:
    own = {"access_token": f"{shop.app}|s3cret"}
    said = {"object": "page", "callback_url": shop.callback.url, "fields": "messages", "verify_token": "guess"}

    assert error(shop.http.post(f"/v26.0/{shop.app}/subscriptions", params=own, data=said))[0] == 2200
    said["verify_token"] = shop.callback.verify_token
    assert shop.http.post(f"/v26.0/{shop.app}/subscriptions", params=own, data=said).json() == {"success": True}
    told = shop.http.get(f"/v26.0/{shop.app}/subscriptions", params=own).json()["data"]
    page = next(each for each in told if each["object"] == "page")
    assert [field["name"] for field in page["fields"]] == ["messages"]
    with pytest.raises(Exception, match="verification"):
        shop.control.webhook(shop.app, "page", shop.callback.url, "guess", FIELDS)


def test_what_is_not_json_is_refused(shop: Shop) -> None:
    path, kind = f"{shop.number['id']}/messages", {"content-type": "application/json"}

    for body in (b"{", b"[]", b'"x"'):
        assert error(shop.call("POST", path, content=body, headers=kind))[0] == 100
    assert error(shop.call("POST", path, content=b"x", headers={"content-type": "text/plain"}))[0] == 100


def test_the_next_calls_fail_as_arranged(shop: Shop) -> None:
    shop.write()
    shop.control.mishap("429", match="/messages", seconds=30, minutes=5)
    shop.control.mishap("error", match="/messages", code=131048)
    shop.control.mishap("html", match="/messages")

    many, spam, page, good = (shop.send() for _ in range(4))

    assert (many.status_code, many.headers["retry-after"]) == (429, "30")
    assert '"estimated_time_to_regain_access": 5' in many.headers["x-business-use-case-usage"]
    assert error(spam)[0] == 131048
    assert page.status_code == 502
    assert page.text.startswith("<!DOCTYPE html>")
    assert good.status_code == 200


@pytest.mark.parametrize(
    ("kind", "accepted"), [("500", False), ("500_after", True), ("html_after", True), ("html", False)]
)
def test_a_server_error_may_come_before_or_after_it_was_accepted(shop: Shop, kind: str, accepted: bool) -> None:
    shop.write()
    shop.control.mishap(kind, match="/messages")

    assert shop.send().status_code >= 500
    assert bool(shop.states()) is accepted
    assert shop.control.received("/messages")[-1]["accepted"] is accepted


@pytest.mark.parametrize(("kind", "accepted"), [("reset", False), ("reset_after", True)])
def test_a_connection_may_be_reset_before_or_after_it_was_accepted(shop: Shop, kind: str, accepted: bool) -> None:
    shop.write()
    shop.control.mishap(kind, match="/messages")

    with pytest.raises(httpx.NetworkError):
        shop.send()

    assert bool(shop.states()) is accepted


def test_the_answer_may_never_come_although_it_was_accepted(shop: Shop) -> None:
    shop.write()
    shop.control.mishap("timeout_after", match="/messages")

    with pytest.raises(httpx.ReadTimeout):
        shop.call("POST", f"{shop.number['id']}/messages", json=_hello(), timeout=0.2)

    assert shop.states() == ["sent", "delivered"]


def test_every_call_is_remembered_for_whoever_asks(shop: Shop) -> None:
    shop.write()
    shop.send(text={"body": "Sí, hay"})

    call = shop.control.received("/messages")[-1]

    assert call["method"] == "POST"
    assert call["body"]["text"] == {"body": "Sí, hay"}
    assert call["status"] == 200
    assert call["bearer"] == shop.number["token"]


def test_the_control_api_is_no_web_pages(shop: Shop) -> None:
    form = shop.http.post("/_standin/reset", data={"x": "1"})
    rebound = shop.http.post("/_standin/reset", json={}, headers={"host": "evil.example"})

    assert [form.status_code, rebound.status_code] == [403, 403]
    assert shop.call("GET", shop.number["id"]).status_code == 200


def _hello() -> dict[str, object]:
    return {"messaging_product": "whatsapp", "to": "573001112233", "type": "text", "text": {"body": "Hola"}}
