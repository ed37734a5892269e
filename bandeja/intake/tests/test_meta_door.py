"""The door of Meta's apps: who is believed, what is stored, and what Meta hears."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import psycopg
import pytest
from django.db import connection

from bandeja.channels.models import MetaApp, Receipt
from bandeja.channels.secret import unseal
from bandeja.intake.tests.knocking import Answer, address, at_the_door, knock
from bandeja.link import Connect
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"object":"page","entry":[{"id":"1","text":"\\u00e4 \\/ "}]}'


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    return MetaApp.objects.create(
        workspace=cast.workspace,
        key="k3y",
        name="Ventas",
        app_id="4711",
        secret="s3cret",
        instagram_secret="insta",
        verify_token="v3rify",
    )


def sign(body: bytes, secret: str = "s3cret") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(body: bytes = BODY, *, signature: str | None = None, key: str = "k3y", **more: Any) -> Answer:
    told = [(b"x-hub-signature-256", (sign(body) if signature is None else signature).encode())]
    return at_the_door(
        lambda door: knock(door, f"/hooks/meta/{key}", body, headers=told if told[0][1] else [], **more)
    )


def verify(**query: str) -> Answer:
    asked = {"mode": "subscribe", "verify_token": "v3rify", "challenge": "1158201444", **query}
    text = "&".join(f"hub.{name}={value}" for name, value in asked.items())
    return at_the_door(lambda door: knock(door, "/hooks/meta/k3y", b"", method="GET", query=text))


def test_a_signed_delivery_is_stored_as_it_came(app: MetaApp) -> None:
    assert deliver().status == 200
    receipt = Receipt.objects.get()
    assert (receipt.account_id, receipt.app_id, receipt.channel) == (None, app.pk, "meta")
    assert (bytes(receipt.body), receipt.headers) == (BODY, {"signer": 0})


def test_either_secret_may_sign_and_it_is_kept_which(app: MetaApp) -> None:
    """meta.md A2: nobody documents with which one Instagram login signs."""
    assert deliver(signature=sign(BODY, "insta")).status == 200
    assert Receipt.objects.get().headers == {"signer": 1}


def test_the_bytes_are_what_was_signed(app: MetaApp) -> None:
    """Parsed and written again they would read the same and hash otherwise."""
    again = json.dumps(json.loads(BODY)).encode()
    assert deliver(signature=sign(again)).status == 403


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        ("", 401),
        ("sha256=", 403),
        ("sha1=abc", 403),
        ("sha256=ñ", 403),
        (sign(BODY, "other"), 403),
        (sign(b"x"), 403),
    ],
)
def test_without_its_signature_nothing_is_stored_and_it_is_counted(app: MetaApp, signature: str, status: int) -> None:
    assert deliver(signature=signature).status == status
    assert not Receipt.objects.exists()
    app.refresh_from_db()
    assert (app.refused, app.refused_at is None) == (1, False)


def test_an_app_without_a_second_secret_is_not_open_to_an_empty_one(app: MetaApp) -> None:
    MetaApp.objects.update(instagram_secret="")
    assert deliver(signature=sign(BODY, "")).status == 403


def test_whatever_is_inside_is_taken_in(app: MetaApp) -> None:
    """Meta repeats for days what it is refused: an unknown kind of event is the drain's to park."""
    for body in (b"", b"{", b"\xff\0", b"[]", b"null"):
        assert deliver(body, content_type="text/plain").status == 200
    assert Receipt.objects.count() == 5


def test_more_than_meta_ever_sends_is_refused(app: MetaApp) -> None:
    assert deliver(b" " * (3 * 1024 * 1024)).status == 200
    assert deliver(b" " * (3 * 1024 * 1024 + 1)).status == 413


def test_an_unknown_app_is_not_found(app: MetaApp) -> None:
    answer = deliver(key="other")
    assert (answer.status, answer.said["error"]) == (404, "no_app")


def test_meta_verifies_the_address(app: MetaApp) -> None:
    answer = verify()
    assert (answer.status, answer.body) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    app.refresh_from_db()
    assert app.verified_at is not None


@pytest.mark.parametrize("wrong", [{"mode": "unsubscribe"}, {"verify_token": "other"}, {"verify_token": ""}])
def test_a_wrong_verification_is_refused(app: MetaApp, wrong: dict[str, str]) -> None:
    assert verify(**wrong).status == 403
    app.refresh_from_db()
    assert app.verified_at is None


def test_no_other_method_is_answered(app: MetaApp) -> None:
    assert at_the_door(lambda door: knock(door, "/hooks/meta/k3y", method="PUT")).status == 405


def test_while_it_cannot_be_stored_meta_is_asked_to_come_again(app: MetaApp) -> None:
    async def nowhere() -> Any:
        raise psycopg.OperationalError("the server is gone")

    connect: Connect = nowhere

    async def story() -> Answer:
        from bandeja.intake.tests.knocking import a_door

        async with a_door(connect) as door:
            return await knock(door, "/hooks/meta/k3y", BODY, headers=[(b"x-hub-signature-256", sign(BODY).encode())])

    import asyncio

    assert asyncio.run(story()).status == 500


def test_secrets_are_encrypted_at_rest(app: MetaApp) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select secret, instagram_secret, verify_token from meta_app")
        sealed = cursor.fetchone()
    assert not {"s3cret", "insta", "v3rify"} & set(sealed)
    assert [unseal(each) for each in sealed] == ["s3cret", "insta", "v3rify"]
    assert "s3cret" not in address()


def test_after_a_change_of_the_installs_key_meta_is_asked_to_come_again(app: MetaApp, settings: Any) -> None:
    settings.SECRET_KEY = "another key of at least thirty-two letters"
    assert deliver().status == 500
    assert not Receipt.objects.exists()
