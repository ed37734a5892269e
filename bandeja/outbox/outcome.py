"""What a channel's answer means for the message, for its account, and for when it is tried again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bandeja.channels.contract import State
from bandeja.channels.meta.values import known
from bandeja.channels.reading import clean
from bandeja.channels.sending import Fault, NotReached, Refused, Unanswered

TRIES = 10
"""Times that a channel may say it failed on its side, some half an hour, until we stop asking."""
LONGEST = timedelta(seconds=256)
"""The longest pause of our own; a channel may ask for a longer one."""

Answer = str | Refused | NotReached | Unanswered


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state to write down. Queued is tried again after `wait`; `hold` and `fault` concern the whole account."""

    state: State
    external_id: str | None = None
    error: Mapping[str, Any] | None = None
    wait: timedelta = timedelta()
    hold: timedelta | None = None
    fault: Mapping[str, Any] | None = None


def outcome(answer: Answer, tries: int) -> Outcome:
    """What follows from an answer to the message's send after `tries` others that came to nothing."""
    if isinstance(answer, str):
        # As a status or an echo will name it: a very long id is kept as its digest.
        return Outcome(State.ACCEPTED, external_id=known(clean(answer)) or None)
    if isinstance(answer, Unanswered):
        return Outcome(State.UNKNOWN)
    if isinstance(answer, NotReached):
        return Outcome(State.QUEUED, wait=back_off(tries))
    return _refused(answer, tries)


def back_off(tries: int) -> timedelta:
    """One second, then four times as long after each further try (meta.md A8)."""
    return min(timedelta(seconds=4 ** min(tries, 6)), LONGEST)


def _refused(refusal: Refused, tries: int) -> Outcome:
    told = {name: clean(said) if isinstance(said, str) else said for name, said in refusal.told().items()}
    wait = max(back_off(tries), refusal.wait or timedelta())
    if refusal.fault == Fault.TOKEN:
        return Outcome(State.QUEUED, fault=told)
    if refusal.fault == Fault.ACCOUNT:
        return Outcome(State.FAILED, error=told, fault=told)
    if refusal.fault == Fault.THROTTLED:
        return Outcome(State.QUEUED, wait=wait, hold=None if refusal.pair else wait)
    if refusal.fault == Fault.TRANSIENT and tries + 1 < TRIES:
        return Outcome(State.QUEUED, wait=wait)
    return Outcome(State.FAILED, error=told)
