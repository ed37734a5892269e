"""How often one sender may knock."""

from collections.abc import Callable
from time import monotonic


class Rate:
    """So many at once, then one per `period` seconds, for each name; remembers at most `bound` names.

    Keeps one number per name, the instant its allowance is whole again (the generic cell rate algorithm).
    """

    def __init__(
        self, *, burst: int, period: float, bound: int = 50_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._period = period
        self._slack = (burst - 1) * period
        self._bound = bound
        self._clock = clock
        self._whole_at: dict[str, float] = {}

    def wait(self, name: str) -> float:
        """Seconds this name must wait; 0 lets it pass, and counts."""
        now = self._clock()
        whole_at = max(self._whole_at.pop(name, now), now)
        wait = whole_at - now - self._slack
        self._whole_at[name] = whole_at if wait > 0 else whole_at + self._period
        if len(self._whole_at) > self._bound:
            self._forget(now)
        return max(wait, 0.0)

    def _forget(self, now: float) -> None:
        """Drop who has its whole allowance back (nothing is lost by it), else the longest silent."""
        self._whole_at = {name: at for name, at in self._whole_at.items() if at > now}
        while len(self._whole_at) > self._bound:
            del self._whole_at[next(iter(self._whole_at))]
