"""Signatures and secrets as Standard Webhooks 1.0 has them (standardwebhooks.com, "Signature scheme")."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
LENGTH = 32
"""Bytes of a secret; the standard asks for 24 to 64."""


def new_secret() -> str:
    """A secret as people copy it: base64 behind `whsec_`."""
    return PREFIX + b64encode(secrets.token_bytes(LENGTH)).decode()


def headers(message_id: str, at: datetime, body: bytes, secrets_in_use: Iterable[str]) -> dict[str, str]:
    """What is sent along: the id, when this attempt is made, and a signature by each secret in use."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(signed, secret) for secret in secrets_in_use),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
