"""The fetch lane: files that were told of are fetched from their channels, each by a thread that does nothing else.

Claiming and settling are short statements of their own; no transaction is open while a channel is asked. A message
stands whether its file comes or not (meta.md D: messages were lost because a download failed).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from bandeja import environment, guard
from bandeja.channels.fetching import BROKEN, ByUrl, Fetcher, Trouble
from bandeja.channels.meta import lines
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.whatsapp.media import WhatsAppMedia
from bandeja.conversations.bell import ring, ring_media
from bandeja.conversations.models import Attachment, FileState
from bandeja.conversations.sql import run, statement
from bandeja.media.download import Stored, Wanted, fetch
from bandeja.media.models import ErasedFile
from bandeja.media.sizes import MEGABYTE
from bandeja.media.storage import THUMB, storage
from bandeja.people.models import BandejaNow

log = logging.getLogger(__name__)

AT_ONCE = 8
LEASE = timedelta(minutes=10)
LANDING = 0.25
"""Seconds that a step waits for one under way before it looks for new ones."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)

CLAIM = statement("bandeja.media", "claim")
BY_URL = ByUrl()
BY_ID: Mapping[str, Fetcher] = {ChannelKey.WHATSAPP: WhatsAppMedia()}
"""Channels that tell an id, by which the file is found."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attachment this worker has a lease of. `tries` counts this one too, and tells it from another's lease."""

    id: int
    workspace_id: int
    conversation_id: int
    tries: int
    age: timedelta
    wanted: Wanted
    fetcher: Fetcher
    trusted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step settled; `next_in` is 0 while others are still under way, and None when nothing is."""

    count: int
    next_in: float | None


Fetch = Callable[[Claimed], Stored]


class Lane:
    """Fetches up to `at_once` files beside each other; `step` is what the worker's loop repeats."""

    def __init__(self, *, at_once: int = AT_ONCE, network: guard.Network | None = None) -> None:
        self._network = network or guard.Network()
        self._at_once = at_once
        self._under_way = 0
        self._landed: queue.SimpleQueue[tuple[Claimed, Stored | Trouble]] = queue.SimpleQueue()

    def step(self) -> Outcome:
        """Send out for files that wait, and settle those that have come or failed."""
        for claimed in self._claim():
            self._under_way += 1
            # Daemons: a worker that is told to stop must not wait for a slow channel. The lease runs out by itself.
            threading.Thread(target=self._fly, args=(claimed,), daemon=True, name=f"fetch {claimed.id}").start()
        count = self._land()
        return Outcome(count, 0.0 if self._under_way else None)

    def close(self) -> None:
        """Hang up on everybody."""
        self._network.close()

    def _claim(self) -> Sequence[Claimed]:
        free = self._at_once - self._under_way
        return claim(free) if free and _any_waits() else []

    def _fly(self, claimed: Claimed) -> None:
        self._landed.put((claimed, self._fetched(claimed)))

    def _fetched(self, claimed: Claimed) -> Stored | Trouble:
        limit = environment.MEDIA_LIMIT.value() * MEGABYTE
        try:
            with self._network.client(claimed.trusted) as client:
                return fetch(claimed.wanted, claimed.fetcher, client, storage=storage(), limit=limit)
        except Trouble as trouble:
            return trouble
        except Exception:
            log.exception("a file could not be fetched", extra={"attachment": claimed.id})
            return Trouble(BROKEN)

    def _land(self) -> int:
        count = 0
        while self._under_way:
            try:
                claimed, result = self._landed.get(timeout=0 if count else LANDING)
            except queue.Empty:
                break
            self._under_way -= 1
            count += 1
            settle(claimed, result)
        return count


def _any_waits() -> bool:
    """One look without taking anything: what an idle lane costs."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from attachment where look_at <= bandeja_now())")
        return bool(cursor.fetchone()[0])


def claim(limit: int) -> Sequence[Claimed]:
    """Take a lease of up to `limit` files that wait."""
    with run(CLAIM, {"limit": limit, "lease": LEASE}) as cursor:
        rows = cursor.fetchall()
    accounts = Account.objects.select_related("app", "credential").in_bulk({row[2] for row in rows})
    return [_claimed(row, accounts[row[2]]) for row in rows if row[2] in accounts]


def _claimed(row: tuple[Any, ...], account: Account) -> Claimed:
    pk, workspace_id, _, conversation_id, kind, mime, sha256, remote, is_url, key, tries, age = row
    line = lines.line(account)
    trusted = environment.MEDIA_HOSTS.value() | ({guard.origin_of(line.graph_url)} if line.graph_url else set())
    fetcher = BY_URL if is_url else BY_ID.get(account.channel, BY_URL)
    wanted = Wanted(remote, line, kind, mime, sha256, key)
    return Claimed(pk, workspace_id, conversation_id, tries, age, wanted, fetcher, trusted)


def fetch_again(attachment: Attachment) -> bool:
    """Try once more what was given up: a person asked. Answers whether it will be.

    The count of tries goes on, for it tells this lease from one that was cut off: what the channel no longer has is
    asked for once, what it did not send in time for as long as it keeps it.
    """
    lost = Attachment.objects.filter(pk=attachment.pk, state=FileState.FAILED).exclude(remote="")
    with transaction.atomic():
        again = bool(lost.update(state=FileState.WAITING, error="", look_at=BandejaNow()))
        if again:
            ring([attachment.workspace_id], [attachment.conversation_id])
            ring_media()
    return again


def settle(claimed: Claimed, result: Stored | Trouble) -> None:
    """Write down what became of it, unless its row is gone or somebody else's by now; ring when threads change."""
    if isinstance(result, Stored):
        _changed(claimed, _stored(result))
        return
    wait = pause(claimed, result)
    if wait is not None:
        _put_off(claimed, result.sentence, wait)
        return
    log.warning("a file was given up", extra={"attachment": claimed.id, "why": result.sentence})
    _changed(claimed, {"state": FileState.FAILED, "error": result.sentence, "file": "", "look_at": None})


def pause(claimed: Claimed, trouble: Trouble) -> timedelta | None:
    """How long to wait before the next try, four times as long after each; None when there is to be none."""
    if claimed.tries >= trouble.most:
        return None
    wait = min(FIRST_WAIT * 4 ** min(claimed.tries - 1, 8), LONGEST_WAIT)
    return wait if claimed.age + wait < claimed.fetcher.patience else None


def _stored(stored: Stored) -> dict[str, Any]:
    return {
        "state": FileState.STORED,
        "error": "",
        "look_at": None,
        "mime": stored.mime,
        "size": stored.size,
        "sha256": stored.sha256,
        "thumb": stored.thumb,
        "width": stored.width,
        "height": stored.height,
    }


def _changed(claimed: Claimed, values: Mapping[str, Any]) -> None:
    with transaction.atomic():
        if _ours(claimed).update(**values):
            ring([claimed.workspace_id], [claimed.conversation_id])
        if not Attachment.objects.filter(pk=claimed.id, file=claimed.wanted.key).exists():
            # Given up, or erased while it was being fetched: whatever was kept of it by now is nobody's.
            ErasedFile.objects.bulk_create(
                ErasedFile(file=key) for key in (claimed.wanted.key, claimed.wanted.key + THUMB)
            )


def _put_off(claimed: Claimed, sentence: str, wait: timedelta) -> None:
    _ours(claimed).update(look_at=BandejaNow() + wait, error=sentence)


def _ours(claimed: Claimed) -> Any:
    return Attachment.objects.filter(pk=claimed.id, state=FileState.WAITING, tries=claimed.tries)
