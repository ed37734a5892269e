"""The send lane: hands queued messages to their channels, one at a time for each conversation, and records answers.

A step records what came back, gives up on what is overdue, and claims what is due. `sending` is committed before a
channel is called, so that nothing is ever sent twice by itself: whoever is killed in between leaves a message of
unknown fate (meta.md E7), which a status, an echo or a person settles. Threads only speak to channels, never to the
database. Any number of lanes may run beside each other.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.types.json import Json

from bandeja.channels import registry
from bandeja.channels.meta import faults
from bandeja.channels.sending import Fault, NotReached, Outbound, Refused, Sender, Unanswered
from bandeja.conversations.bell import ring
from bandeja.conversations.sql import run, statement
from bandeja.outbox.outbound import Link, Ready, build
from bandeja.outbox.outcome import Answer
from bandeja.outbox.pace import Pace, rate_of
from bandeja.outbox.record import Settled, give_up, record

log = logging.getLogger(__name__)

PER_ACCOUNT = 8
"""Calls under way for one account, so that a slow one leaves room for the others."""
TOTAL = 64
"""Calls under way in all, each a thread that mostly waits."""
PACED = 0.05
"""Seconds until an account that keeps to its pace may go on."""
PATIENCE = timedelta(seconds=20)
"""Twice the time that a channel has to answer: what is older is of unknown fate."""

DISCONNECTED = Refused(Fault.ACCOUNT, text=faults.DISCONNECTED).told()
"""The error of what waited while its account was not connected."""
LATE = Refused(Fault.CONTENT, text=faults.LATE).told()
"""The error of what waited until it was no longer so."""

ACCOUNTS = statement("bandeja.outbox", "accounts")
CLAIM = statement("bandeja.outbox", "claim")
BEGIN = statement("bandeja.outbox", "begin")


@dataclass(frozen=True, slots=True)
class Passed:
    """How many messages a step moved on; `next_in` is the seconds until the next may be tried, None if none waits."""

    count: int
    next_in: float | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """A claimed message; until `begun` only its file is handed over, and nothing was sent."""

    message_id: int
    account_id: int
    claimed_at: datetime
    tries: int
    begun: bool
    sender: Sender
    outbound: Outbound | None


class Lane:
    """`wake` is called from any thread when an answer has come in; `link` says where a channel may fetch a file."""

    def __init__(
        self, *, link: Link = str, per_account: int = PER_ACCOUNT, total: int = TOTAL, patience: timedelta = PATIENCE
    ) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._link, self._per_account, self._total, self._patience = link, per_account, total, patience
        self._threads = ThreadPoolExecutor(total, thread_name_prefix="send")
        self._answers: SimpleQueue[tuple[_Job, Answer]] = SimpleQueue()
        self._unrecorded: list[tuple[_Job, Answer]] = []
        self._busy: Counter[int] = Counter()
        self._pace = Pace()

    def step(self) -> Passed:
        """Record, give up, claim; what the worker's loop repeats."""
        moved = self._record() + give_up(self._patience)
        claimed, next_in = self._claim()
        return Passed(moved + claimed, next_in)

    def close(self) -> None:
        """Wait for the calls under way and record what they bring; whoever comes next hands over the files again."""
        self._threads.shutdown()
        came = self._unrecorded + self._arrived()
        self._unrecorded = [(job, NotReached() if _is_upload(job, answer) else answer) for job, answer in came]
        self._record()

    # Recording

    def _record(self) -> int:
        """What failed to be written down is kept for the next step: an outage must not make it unknown."""
        self._unrecorded += self._arrived()
        uploaded = {job.message_id: (job, str(answer)) for job, answer in self._unrecorded if _is_upload(job, answer)}
        settled = [
            Settled(job.message_id, job.account_id, job.claimed_at, job.tries, answer)
            for job, answer in self._unrecorded
            if not _is_upload(job, answer)
        ]
        if settled:
            record(settled)
        self._unrecorded = list(uploaded.values())
        if uploaded:
            self._begin(uploaded)
        self._unrecorded = []
        return len(settled) + len(uploaded)

    def _arrived(self) -> list[tuple[_Job, Answer]]:
        arrived = []
        while True:
            try:
                arrived.append(self._answers.get_nowait())
            except Empty:
                break
        self._busy.subtract(job.account_id for job, _ in arrived)
        self._busy += Counter()
        return arrived

    def _begin(self, uploaded: dict[int, tuple[_Job, str]]) -> None:
        """Files are with the channel: from here on the messages count as being sent."""
        files = [
            {"message_id": job.message_id, "claimed_at": job.claimed_at.isoformat(), "remote": remote}
            for job, remote in uploaded.values()
        ]
        with run(BEGIN, {"files": Json(files)}) as cursor:
            begun = dict(cursor.fetchall())
        for message_id, at in begun.items():
            job, remote = uploaded[message_id]
            self._start(replace(job, claimed_at=at, begun=True, outbound=_with_file(job.outbound, remote)))

    # Claiming

    def _claim(self) -> tuple[int, float | None]:
        with run(ACCOUNTS, {"channels": list(registry.SENDERS)}) as cursor:
            waiting = cursor.fetchall()
        now = monotonic()
        pace = {
            account_id: self._pace.room(account_id, rate_of(channel, coexists=coexists), now)
            for account_id, channel, coexists, due, _ in waiting
            if due
        }
        busy = self._busy
        rooms = {account_id: min(room, self._per_account - busy[account_id]) for account_id, room in pace.items()}
        later = [seconds for *_, due, seconds in waiting if not due]
        if not all(pace.values()):
            later.append(PACED)
        return self._take(self._shared(rooms)), min(later, default=None)

    def _shared(self, rooms: dict[int, int]) -> dict[int, int]:
        """The free threads in equal shares, at least one each for as many accounts as there are threads."""
        free = self._total - self._busy.total()
        able = [account_id for account_id, room in rooms.items() if room > 0]
        if len(able) > free:
            able = random.sample(able, free)
        share = max(1, free // len(able)) if able else 0
        return {account_id: min(share, rooms[account_id]) for account_id in able}

    def _take(self, most: dict[int, int]) -> int:
        """Claim, and only once that is committed let anybody hear of it; answers how many rows moved."""
        if not most:
            return 0
        try:
            with transaction.atomic():
                rows = _claimed(most)
                taken = {message_id: row[:3] for message_id, row in rows.items() if row[0] is not None}
                failed = {row[4]: row[3] for row in rows.values() if row[4] is not None}
                ring(failed.values(), failed)
                ready = build(list(taken), at=next(iter(taken.values()))[0], link=self._link) if taken else []
        except IntegrityError as error:
            # Somebody sent an older one again while this conversation's next was being claimed: one at a time.
            log.warning("A claim came second, and is tried again: %s", error)
            return 0
        for each in ready:
            self._pace.take(each.account_id)
            self._start(_job(each, *taken[each.message_id]))
        return len(rows)

    def _start(self, job: _Job) -> None:
        self._busy[job.account_id] += 1
        self._threads.submit(self._speak, job)

    # In a thread of its own

    def _speak(self, job: _Job) -> None:
        self._answers.put((job, _send(job) if job.begun else _upload(job)))
        self.wake()


def _claimed(most: dict[int, int]) -> dict[int, list[Any]]:
    """Of each message since when it is being sent, its tries, whether it has begun; the workspace and conversation of
    one that waited for too long.
    """
    given = {"accounts": list(most), "most": list(most.values()), "disconnected": Json(DISCONNECTED),
             "late": Json(LATE)}  # fmt: skip
    with run(CLAIM, given) as cursor:
        return {message_id: row for message_id, *row in cursor.fetchall()}


def _job(ready: Ready, claimed_at: datetime, tries: int, begun: bool) -> _Job:  # noqa: FBT001  as it is found
    sender = registry.SENDERS[ready.channel]
    return _Job(ready.message_id, ready.account_id, claimed_at, tries, begun, sender, ready.outbound)


def _is_upload(job: _Job, answer: Answer) -> bool:
    return not job.begun and isinstance(answer, str)


def _with_file(outbound: Outbound | None, remote: str) -> Outbound | None:
    if outbound is None or outbound.file is None:
        return outbound
    return replace(outbound, file=replace(outbound.file, remote=remote))


def _send(job: _Job) -> Answer:
    if job.outbound is None:
        return Refused(Fault.CONTENT, text=faults.UNREADABLE)
    if not job.outbound.to[1]:
        return Refused(Fault.RECIPIENT, text=faults.UNREACHABLE)
    try:
        return job.sender.send(job.outbound)
    except (Refused, NotReached, Unanswered) as answer:
        return answer
    except Exception:
        # Nobody knows how far it came: it must not be sent again by itself.
        log.exception("Message %s: the channel broke while sending it", job.message_id)
        return Unanswered()


def _upload(job: _Job) -> Answer:
    if job.outbound is None or job.outbound.file is None:
        return ""
    try:
        return job.sender.upload(job.outbound.line, job.outbound.file)
    except (Refused, NotReached) as answer:
        return answer
    except FileNotFoundError:
        return Refused(Fault.CONTENT, text=faults.FILE_MISSING, details=job.outbound.file.name)
    except Exception:
        log.exception("Message %s: the channel broke while taking its file", job.message_id)
        return Refused(Fault.TRANSIENT, text=faults.UPLOAD_FAILED)
