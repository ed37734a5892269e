"""Whether a delivery is Meta's: the signature of its raw bytes, and the handshake of a callback URL (meta.md A2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "sha256="


def matched(body: bytes, header: str, secrets: Sequence[str]) -> int | None:
    """Which of `secrets` signed these bytes, or None; `header` is X-Hub-Signature-256.

    Every secret is tried, whichever matches, so that the time taken tells nothing. An empty one never matches: what
    nobody knows would be known to all.
    """
    given = header.strip().encode("ascii", "replace")
    found = None
    for place, secret in enumerate(secrets):
        if hmac.compare_digest(sign(body, secret).encode(), given) and secret and found is None:
            found = place
    return found


def sign(body: bytes, secret: str) -> str:
    """The header that Meta sends with these bytes."""
    return PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """What to answer to the handshake of a callback URL, as plain text; None when it is not to be answered (403)."""
    token = query.get("hub.verify_token", "")
    right = hmac.compare_digest(token.encode(errors="replace"), verify_token.encode()) and bool(verify_token)
    return query.get("hub.challenge", "") if right and query.get("hub.mode") == "subscribe" else None
