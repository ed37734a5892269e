"""A push as browsers' push services take it: encrypted for one browser (RFC 8291), and signed by us (RFC 8292)."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
RECORD = 4096
"""The size of a record; a push is one, and services take no more."""
TWELVE_HOURS = 12 * 60 * 60
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256: a private key is a number below it."""


def plain(text: str) -> bytes:
    """What base64url says, with or without its padding; raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(data: bytes) -> str:
    """The bytes as base64url without padding, as all of this is written."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Browser:
    """The two keys of a subscription: a point of the curve, and sixteen bytes."""

    p256dh: bytes
    auth: bytes

    @classmethod
    def read(cls, p256dh: str, auth: str) -> Browser:
        """As a browser tells them; raises ValueError when they are none."""
        read = cls(plain(p256dh), plain(auth))
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, read.p256dh)
        if len(read.auth) != 16:
            raise ValueError(auth)
        return read


def encrypt(
    content: bytes, to: Browser, *, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The content so that only that browser can read it: `aes128gcm`. `own` and `salt` are new ones each time."""
    own, salt = own or ec.generate_private_key(CURVE), salt or os.urandom(16)
    public = _point(own)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.p256dh))
    secret = _derive(shared, to.auth, b"WebPush: info\0" + to.p256dh + public, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, content + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public + sealed


class Signer:
    """Says to push services who we are. `secret` is the private key, 32 bytes as base64url; `contact` an address."""

    def __init__(self, secret: str, contact: str) -> None:
        number = int.from_bytes(plain(secret), "big")
        self._key = ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)
        self._contact = contact

    @property
    def public(self) -> str:
        """What browsers are told, so that they take pushes from nobody else."""
        return written(_point(self._key))

    def authorization(self, endpoint: str, now: float) -> str:
        """The header for this endpoint, good for twelve hours from `now`, in seconds since 1970."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now) + TWELVE_HOURS, "sub": self._contact}
        said = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(SHA256())))
        signature = written(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={said}.{signature}, k={self.public}"


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _json(said: dict[str, object]) -> str:
    return written(json.dumps(said, separators=(",", ":")).encode())
