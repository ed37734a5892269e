"""Secrets at rest: encrypted in the database with a key that is kept beside it, never in it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models


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


class SecretField(models.TextField):  # type: ignore[type-arg]
    """A text that the database only holds encrypted; it cannot be searched by."""

    def get_prep_value(self, value: Any) -> str:
        return seal(str(value or ""))

    def from_db_value(self, value: str, *_: Any) -> str:
        """The secret; empty when it cannot be read any more, so that its account can be connected anew."""
        try:
            return unseal(value)
        except Unreadable:
            return ""
