"""Who speaks for Meta: the signature of a delivery, and the handshake before the first one. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "sha256="


def signed_by(secrets: Sequence[str], signature: str, body: bytes) -> int | None:
    """Which of the secrets signed these bytes, by its place; None when none did.

    `signature` is the header X-Hub-Signature-256. Meta signs the bytes it sends, escapes and all, so they are hashed
    before anybody reads them (https://developers.facebook.com/docs/graph-api/webhooks/getting-started).
    """
    if not signature.startswith(PREFIX) or not signature.isascii():
        return None
    offered = signature.removeprefix(PREFIX).lower()
    matched = [
        place
        for place, secret in enumerate(secrets)
        if secret and hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), offered)
    ]
    return matched[0] if matched else None


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """What Meta wants back when it verifies an address; None when it is not Meta, or not our token."""
    token = query.get("hub.verify_token", "")
    known = bool(verify_token) and hmac.compare_digest(token.encode(errors="replace"), verify_token.encode())
    return query.get("hub.challenge", "") if known and query.get("hub.mode") == "subscribe" else None
