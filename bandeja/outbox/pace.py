"""How fast we speak to a channel by ourselves; what the channel asks for beyond that is kept with its health.

Each lane keeps its own pace: with several workers an account may briefly be told to slow down, which it then does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RATES: Mapping[str, float] = {"whatsapp": 80, "messenger": 40, "instagram": 100}
"""Messages a second and account (meta.md A8); Messenger takes more, but its inbox freezes."""
COEXISTENCE = 20.0
"""A WhatsApp number that is used in the phone app as well: `config["coexistence"]`."""
DEFAULT = 80.0


def rate_of(channel: str, *, coexists: bool) -> float:
    """Messages a second that an account may send."""
    return COEXISTENCE if coexists else RATES.get(channel, DEFAULT)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


@dataclass(slots=True)
class Pace:
    """A bucket of tokens for each account, which a second fills; `now` is any clock that only goes forward."""

    _buckets: dict[int, _Bucket] = field(default_factory=dict)

    def room(self, account_id: int, rate: float, now: float) -> int:
        """How many messages the account may begin at once."""
        bucket = self._buckets.setdefault(account_id, _Bucket(rate, now))
        bucket.tokens = min(rate, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        return int(bucket.tokens)

    def take(self, account_id: int) -> None:
        """One message has begun."""
        self._buckets[account_id].tokens -= 1
