"""How fast one may send, and the refusals that say when to try again."""

from __future__ import annotations

import json
from collections import deque

from bandeja.standin import errors
from bandeja.standin.world import Line, Number, Thread, World

PAIR_BURST, PAIR_EVERY = 45.0, 6.0  # messages at once to one person, and the seconds that earn another
HEAVY_RATE = 10  # audio and video messages a second of a Page or an Instagram account


def headers(owner: str, kind: str, *, seconds: int, minutes: int) -> dict[str, str]:
    """What Graph says of usage: `Retry-After` in seconds, the estimate in minutes."""
    usage = {
        "type": kind,
        "call_count": 100,
        "total_cputime": 25,
        "total_time": 25,
        "estimated_time_to_regain_access": minutes,
    }
    return {"retry-after": str(seconds), "x-business-use-case-usage": json.dumps({owner: [usage]})}


def keep_to_rate(world: World, line: Line, rate: int, what: str = "all") -> None:
    """Count one more; raises GraphError when there were too many within the second."""
    recent = world.paces.setdefault(f"{line.id}/{what}", deque())
    while recent and recent[0] <= world.now - 1.0:
        recent.popleft()
    if len(recent) >= rate:
        raise _too_fast(line)
    recent.append(world.now)


def keep_to_pair(world: World, number: Number, thread: Thread) -> None:
    """One message to a person every six seconds, with a burst of 45 to spend. Raises GraphError 131056."""
    earned = (world.now - thread.spent_at) / PAIR_EVERY
    thread.allowance = min(PAIR_BURST, thread.allowance + earned)
    thread.spent_at = world.now
    if thread.allowance < 1.0:
        raise errors.whatsapp(
            131056,
            "Message failed to send because there were too many messages sent from this phone number to the same "
            "phone number in a short period of time.",
            headers=headers(number.owner, "whatsapp", seconds=int(PAIR_EVERY), minutes=1),
        )
    thread.allowance -= 1.0


def _too_fast(line: Line) -> errors.GraphError:
    if isinstance(line, Number):
        details = "Cloud API message throughput has been reached."
        told = headers(line.owner, "whatsapp", seconds=1, minutes=1)
        return errors.whatsapp(130429, details, headers=told)
    told = headers(line.id, line.kind, seconds=1, minutes=1)
    return errors.GraphError(613, f"(#613) {errors.TITLES[613]}", subcode=2534040, headers=told)
