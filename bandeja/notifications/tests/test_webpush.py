"""A push is what the standards say, byte for byte, and only its browser can read it."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bandeja.notifications.webpush import CURVE, Browser, Signer, encrypt, plain, written

# RFC 8291, appendix A.
CONTENT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_it_is_sealed_as_the_standard_does_it() -> None:
    own = ec.derive_private_key(int.from_bytes(plain(SENDER), "big"), CURVE)
    assert written(encrypt(CONTENT, Browser.read(RECEIVER, AUTH), own=own, salt=plain(SALT))) == SEALED


def test_two_pushes_of_the_same_are_never_the_same() -> None:
    to = Browser.read(RECEIVER, AUTH)
    assert encrypt(CONTENT, to) != encrypt(CONTENT, to)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", AUTH), (RECEIVER, ""), ("AAAA", AUTH), (RECEIVER, "AAAA"), ("ñ", AUTH), (RECEIVER[:-4], AUTH)],
)
def test_what_is_no_key_is_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError):
        Browser.read(p256dh, auth)


def test_we_sign_who_we_are_for_one_push_service_and_half_a_day() -> None:
    signer = Signer(SENDER, "https://bandeja.example")
    header = signer.authorization("https://push.example:8443/send/abc", 1_000.5)
    token, key = (part.split("=", 1)[1] for part in header.removeprefix("vapid ").split(", "))
    head, claims, signature = token.split(".")
    assert key == signer.public
    assert json.loads(plain(claims)) == {
        "aud": "https://push.example:8443", "exp": 44_200, "sub": "https://bandeja.example"
    }  # fmt: skip
    r, s = (int.from_bytes(plain(signature)[part], "big") for part in (slice(32), slice(32, 64)))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, plain(key))
    public.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


def test_any_thirty_two_bytes_are_a_key() -> None:
    assert len(plain(Signer(written(b"\xff" * 32), "mailto:a@b.example").public)) == 65
    assert len(plain(Signer(written(b"\x00" * 32), "mailto:a@b.example").public)) == 65
