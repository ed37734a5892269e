"""How often a token may ask: a count for each minute, kept by this process alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic

WINDOW = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a token has left of its `limit`, and in how many seconds it is whole again."""

    limit: int
    left: int
    reset: int
    refused: bool = False

    def headers(self) -> dict[str, str]:
        """As programs are told (draft-ietf-httpapi-ratelimit-headers)."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }
        return told | {"Retry-After": str(self.reset)} if self.refused else told


class Counter:
    """Counts what each token asks within a window; windows that are over are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._asked: dict[str, int] = {}
        self._begun = 0.0

    def take(self, key: str, now: float | None = None) -> Allowance:
        """Count one request of this token; `now` is in seconds that never go back."""
        now = monotonic() if now is None else now
        with self._lock:
            if now - self._begun >= WINDOW:
                self._begun, self._asked = now, {}
            asked = self._asked.get(key, 0) + 1
            self._asked[key] = min(asked, self._limit + 1)
            reset = max(1, round(WINDOW - (now - self._begun)))
        return Allowance(self._limit, max(0, self._limit - asked), reset, refused=asked > self._limit)
