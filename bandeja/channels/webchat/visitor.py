"""A visitor's token: proof, without a table, that this browser is the same one that wrote before.

A token is `<visitor id>.<signature>`; the signature covers the account's public key too, so that a token of
one widget opens nothing on another.
"""

import hmac
import secrets
from functools import cache

from django.conf import settings


def make(external_id: str) -> tuple[str, str]:
    """A new visitor of this account: its id, and the token its browser keeps."""
    visitor = secrets.token_hex(16)
    return visitor, f"{visitor}.{_signature(external_id, visitor)}"


def read(token: str, external_id: str) -> str | None:
    """The visitor whose token this is, or None when it was not made here for this account."""
    visitor, _, signature = token.partition(".")
    # Bytes, because compare_digest refuses text that is not ASCII with an exception.
    genuine = hmac.compare_digest(signature.encode(errors="replace"), _signature(external_id, visitor).encode())
    return visitor if genuine else None


def _signature(external_id: str, visitor: str) -> str:
    return hmac.digest(_key(), f"{external_id}.{visitor}".encode(errors="replace"), "sha256").hex()


@cache
def _key() -> bytes:
    """A key of its own, so that no other signature made with the same secret passes for a visitor's."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"bandeja.channels.webchat.visitor", "sha256")
