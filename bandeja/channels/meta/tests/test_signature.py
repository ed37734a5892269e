"""Meta's signature and handshake: only who knows the secret is believed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from bandeja.channels.meta import signature

BODY = json.dumps({"entry": [{"text": "Añó 😀", "url": "https:\\/\\/x"}]}).encode()


def sign(secret: str) -> str:
    """The header that Meta sends with BODY."""
    return "sha256=" + hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()


def test_the_signature_is_of_the_bytes_as_they_came() -> None:
    """Meta signs escaped JSON: a re-serialisation has another digest."""
    header = sign("secret")
    assert signature.signed_by(["secret"], header, BODY) == 0
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()
    assert signature.signed_by(["secret"], header, again) is None


def test_any_of_an_apps_secrets_may_have_signed_and_it_is_told_which() -> None:
    header = sign("instagram")
    assert signature.signed_by(["app", "instagram"], header, BODY) == 1
    assert signature.signed_by(["instagram", "instagram"], header, BODY) == 0
    assert signature.signed_by(["other"], header, BODY) is None
    assert signature.signed_by([], header, BODY) is None


def test_an_empty_secret_matches_nothing() -> None:
    assert signature.signed_by(["", "app"], sign(""), BODY) is None


@pytest.mark.parametrize(
    "header", ["", "sha256=", "sha1=abc", "ñ", "sha256=ñ\ud800", sign("app").removeprefix("sha256=")]
)
def test_a_header_of_any_other_shape_matches_nothing(header: str) -> None:
    assert signature.signed_by(["app"], header, BODY) is None


def handshake(**given: str) -> dict[str, str]:
    query = {"hub.mode": "subscribe", "hub.verify_token": "right", "hub.challenge": "11580"}
    return {**query, **{f"hub.{name}": value for name, value in given.items()}}


def test_the_challenge_is_answered_to_who_knows_the_token() -> None:
    assert signature.challenge(handshake(), "right") == "11580"


@pytest.mark.parametrize("given", [{"verify_token": "wrong"}, {"verify_token": "\ud800"}, {"mode": "unsubscribe"}])
def test_nothing_is_answered_to_anybody_else(given: dict[str, str]) -> None:
    assert signature.challenge(handshake(**given), "right") is None


def test_an_empty_token_is_nobodys() -> None:
    assert signature.challenge({"hub.mode": "subscribe"}, "") is None
