"""The delivery lane: what waits is posted by threads that do nothing else, a few at a time for each webhook.

A claim is a lease that is committed first, and no transaction is open while somebody is called. Whoever is killed in
between lets it be sent once more when the lease runs out, under the same id: at least once, never not at all.
A webhook that fails rests, longer each time, and is tried with one delivery until that succeeds: whatever waits for
it, it takes one of the places for a moment now and then.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bandeja import seal
from bandeja.conversations.sql import as_json, run, statement
from bandeja.webhooks import outside, signing
from bandeja.webhooks.outside import Answer, Failure

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Calls under way in one worker."""
EACH = 8
"""Of those, for one webhook."""
LEASE = timedelta(seconds=60)
"""More than a call may take."""
LANDING = 0.25
"""Seconds that a step waits for one under way before it looks for new ones."""
PATIENCE = timedelta(days=3)
PAUSES = [timedelta(seconds=each) for each in (5, 30, 120, 600, 1_800, 3_600)]
"""After the first failure, the second and so on; the last again and again, until PATIENCE is at its end."""
LONGEST_ASKED = 3_600.0
"""Seconds that a Retry-After is followed."""
OF_ALL = frozenset({401, 403, 404, 405, 408, 429})
"""Statuses below 500 that say nothing of this delivery, but that the address as a whole does not work."""
GONE = 410
KEPT_OF_SUCCESS = 1_024
"""Characters of an answer of 2xx that the log keeps; of a refusal all that was read."""
MOST_HEADERS = 50

CLAIM = statement("bandeja.webhooks", "claim")
SETTLE = statement("bandeja.webhooks", "settle")
PROMOTE = statement("bandeja.webhooks", "promote")

Post = Callable[[str, bytes, dict[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker has a lease of. `tries` counts this one too; `failures` are the webhook's until now."""

    webhook_id: int
    message_id: int
    tries: int
    failures: int
    url: str
    secrets: Sequence[str]
    body: bytes
    at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """What is sent along."""
        readable = [seal.unseal(secret) for secret in self.secrets]
        signed = signing.headers(f"evt_{self.message_id}", self.at, self.body, readable)
        return {"content-type": "application/json", **signed}


@dataclass(frozen=True, slots=True)
class Landed:
    """A call that is over."""

    claimed: Claimed
    headers: dict[str, str]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step settled; `next_in` is 0 while others are still under way, and None when nothing is."""

    count: int
    next_in: float | None


class Lane:
    """Posts up to `at_once` deliveries beside each other; `step` is what the worker's loop repeats."""

    def __init__(self, *, at_once: int = AT_ONCE, each: int = EACH, post: Post = outside.post) -> None:
        self._at_once, self._each, self._post = at_once, each, post
        self._under_way: Counter[int] = Counter()
        self._landed: queue.SimpleQueue[Landed] = queue.SimpleQueue()

    def step(self) -> Outcome:
        """Send out what is due, and settle what has come back."""
        for claimed in self._claim():
            self._under_way[claimed.webhook_id] += 1
            # Daemons: a worker that is told to stop must not wait for a slow address. The lease runs out by itself.
            threading.Thread(target=self._fly, args=(claimed,), daemon=True, name="webhook").start()
        landed = self._land()
        if landed:
            settle(landed)
        return Outcome(len(landed), 0.0 if self._under_way.total() else None)

    def _claim(self) -> list[Claimed]:
        free = self._at_once - self._under_way.total()
        busy = +self._under_way
        return claim(free, each=self._each, busy=busy) if free else []

    def _fly(self, claimed: Claimed) -> None:
        headers: dict[str, str] = {}
        try:
            headers = claimed.headers
            answer = self._post(claimed.url, claimed.body, headers)
        except Exception:
            log.exception("a webhook could not be called", extra={"webhook": claimed.webhook_id})
            answer = Answer(failure=Failure.BROKEN_OFF)
        self._landed.put(Landed(claimed, headers, answer))

    def _land(self) -> list[Landed]:
        landed: list[Landed] = []
        while self._under_way.total():
            try:
                landed.append(self._landed.get(timeout=0 if landed else LANDING))
            except queue.Empty:
                break
            self._under_way[landed[-1].claimed.webhook_id] -= 1
        return landed


def claim(limit: int, *, each: int = EACH, busy: Counter[int] | None = None) -> list[Claimed]:
    """Take a lease of up to `limit` deliveries that are due, `each` of a webhook with what is `busy` of it."""
    busy = busy or Counter()
    params = {"limit": limit, "each": each, "lease": LEASE, "busy": list(busy), "counts": list(busy.values())}
    with run(CLAIM, params) as found:
        return [_claimed(row) for row in found.fetchall()]


def _claimed(row: tuple[Any, ...]) -> Claimed:
    webhook_id, message_id, tries, failures, url, secret, old_secret, body, at = row
    in_use = [each for each in (secret, old_secret) if each]
    return Claimed(webhook_id, message_id, tries, failures, url, in_use, body.encode(), at)


def settle(landed: Sequence[Landed]) -> None:
    """Write down what became of these, and let through what waited behind those that are done with."""
    params = {"results": as_json([_result(each) for each in landed]), "pauses": PAUSES, "patience": PATIENCE}
    webhooks = sorted({each.claimed.webhook_id for each in landed})
    with transaction.atomic():
        # Alone, so that no delivery is made behind one of these without seeing that it is done with (`dispatch`).
        with run("select id from webhook where id = any(%(ids)s) order by id for no key update", {"ids": webhooks}):
            pass
        with run(SETTLE, params) as found:
            done = found.fetchall()
        if done:
            lanes = sorted(set(done))
            columns = {"webhooks": [lane[0] for lane in lanes], "conversations": [lane[1] for lane in lanes]}
            with run(PROMOTE, columns):
                pass


def _result(landed: Landed) -> dict[str, Any]:
    claimed, answer = landed.claimed, _presentable(landed.answer)
    is_down = answer.failure is not None and (answer.status < 400 or answer.status in OF_ALL or answer.status >= 500)
    text = answer.body.decode("utf-8", "replace").replace("\x00", "�")
    return {
        "webhook_id": claimed.webhook_id,
        "message_id": claimed.message_id,
        "tries": claimed.tries,
        "failures": claimed.failures,
        "at": claimed.at,
        "ms": answer.ms,
        "status": answer.status,
        "failure": answer.failure or "",
        "is_down": is_down,
        "is_gone": answer.status == GONE,
        "pause": _asked(answer),
        "request_headers": landed.headers,
        "headers": dict(answer.headers),
        "body": text if answer.failure else text[:KEPT_OF_SUCCESS],
    }


def _presentable(answer: Answer) -> Answer:
    """Its headers as the log takes them: not endlessly many, and no byte that a row cannot hold."""
    few = list(answer.headers.items())[:MOST_HEADERS]
    return replace(answer, headers={name: value.replace("\x00", "�")[:1_000] for name, value in few})


def _asked(answer: Answer) -> float | None:
    """Seconds that a busy server asks us to wait; the other way of writing it, a date, is passed over."""
    if answer.status not in {429, 503}:
        return None
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), LONGEST_ASKED) if asked.isascii() and asked.isdigit() else None
