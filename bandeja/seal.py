"""Secrets at rest: encrypted with a key that is made from the install's own, and never kept beside them."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(ValueError):
    """A secret that was encrypted with another BANDEJA_SECRET_KEY."""


def seal(secret: str) -> str:
    """The secret, encrypted with the install's key; an empty one stays empty."""
    return _cipher().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """What was sealed. Raises Unreadable when the install's key has changed since."""
    if not sealed:
        return ""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("This secret was encrypted with another BANDEJA_SECRET_KEY; connect again.") from error


def _cipher() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"bandeja secrets").digest()
    return Fernet(base64.urlsafe_b64encode(key))
