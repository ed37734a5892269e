"""Addresses that stand for themselves: good for an hour, for a channel that fetches what it is to send."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

GOOD_FOR = timedelta(hours=1)

_signer = signing.TimestampSigner(salt="bandeja.media.links")


def public_url(attachment_id: int) -> str:
    """Where anybody may fetch the file of an attachment for the next hour."""
    path = reverse("media:out", args=[_signer.sign(str(attachment_id))])
    return f"{settings.PUBLIC_URL.geturl()}{path}"


def read(token: str) -> int | None:
    """The attachment whose token this is, or None when it was not made here or is older than an hour."""
    try:
        return int(_signer.unsign(token, max_age=GOOD_FOR))
    except (signing.BadSignature, ValueError):
        return None
