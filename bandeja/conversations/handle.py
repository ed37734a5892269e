"""The id we give a message when we send it, told back by channels that let us say something of our own with it."""

from __future__ import annotations

import re

from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "bandeja.conversations.handle"
HANDLE = re.compile(r"b([1-9][0-9]{0,18})\.([0-9a-f]{16})")


def handle_of(message_id: int) -> str:
    """The handle of a message: signed, so that what other programs write there is never taken for ours."""
    return f"b{message_id}.{_mark(message_id)}"


def message_of(handle: str) -> int | None:
    """The message whose handle it is; None for what is not ours."""
    found = HANDLE.fullmatch(handle)
    if not found or not constant_time_compare(found[2], _mark(int(found[1]))):
        return None
    return int(found[1])


def _mark(message_id: int) -> str:
    return salted_hmac(SALT, str(message_id), algorithm="sha256").hexdigest()[:16]
