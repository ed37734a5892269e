"""Joining inbound messages: contacts, conversations, messages, unread, opening, clock and events, set-based.

`receive` is `lifecycle.receive`: it stands apart because it is as long as all the other verbs together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from bandeja.channels import gate
from bandeja.channels.contract import Inbound, Renaming
from bandeja.channels.models import Account
from bandeja.conversations.attachments import File, files
from bandeja.conversations.bell import ring, ring_media
from bandeja.conversations.identities import address_of
from bandeja.conversations.known import Key, Known, contacts, key, makes
from bandeja.conversations.models import Status
from bandeja.conversations.sql import as_json, run, statement
from bandeja.conversations.unheard import UNHEARD
from bandeja.conversations.waking import Cover, armed
from bandeja.people.clock import database_now

Ref = tuple[int, str]
"""How a channel knows a message: its account and its external id."""

Clock = Callable[[Sequence[int]], Mapping[int, Cover]]
"""Answers the cover of those of these accounts that have one; read behind their gates."""

JOINED = statement("bandeja.conversations", "joined")
THREADS = statement("bandeja.conversations", "threads")
LOCK = statement("bandeja.conversations", "lock")
GIVE_WAY = statement("bandeja.conversations", "give_way")
JOIN = statement("bandeja.conversations", "join").replace("{unheard}", UNHEARD)
LATE_FILES = statement("bandeja.conversations", "late_files")


class Unlocked(RuntimeError):
    """A conversation that must be there is not: better its batch fails and is tried again than a message is lost."""


class _ImportedMeanwhile(Exception):
    """Between our look and our lock history told of a message that has come: looked at again, it gives way."""


@dataclass(frozen=True, slots=True)
class Received:
    """The ids of the messages joined, of the conversations they belong to, and how many of those reopened."""

    messages: list[int]
    conversations: list[int]
    reopened: int


@dataclass(frozen=True, slots=True)
class _Thread:
    """A conversation as it was when it was locked."""

    id: int
    was_closed: bool
    agent_opened_at: datetime | None
    is_kept: bool
    armed_at: datetime | None
    answered_at: datetime | None
    is_snoozed: bool
    counted_at: datetime | None


class _Row(msgspec.Struct, omit_defaults=True):
    """A message as the statement reads it; what says nothing is left out, for reading it takes time."""

    conversation_id: int
    workspace_id: int
    account_id: int
    external_id: str
    kind: str
    text: str
    counts: bool
    received_at: datetime
    provider_at: datetime | None = None
    data: Mapping[str, Any] = {}
    begins: datetime | None = None
    armed_at: datetime | None = None
    look_at: datetime | None = None
    was_closed: bool = False
    was_snoozed: bool = False
    echo: bool = False
    history: bool = False
    reply_to: str = ""
    window_at: datetime | None = None
    address: str = ""
    media: Sequence[File] = ()


def receive(
    batch: Iterable[Inbound],
    *,
    clock: Clock,
    at: datetime | None = None,
    also: Sequence[int] = (),
    renamings: Sequence[Renaming] = (),
    locked: Callable[[], None] = lambda: None,
) -> Received:
    """Join what contacts wrote to their conversations; what was joined before is left alone (closing C5, E1).

    Whom it is by, each message says itself: no verb but this one is told it in a `by`.
    Echoes are joined as what our side said: they open nothing and move no clock, but where we had begun a
    conversation elsewhere they make it. History makes it too, closed, and does nothing else: a message that it told
    of and that comes all the same is joined as if it had not (closing C4).

    `clock` says what covers each account, so that conversations never hear of rules. `at` is the joining
    instant, and the `received_at` of those that carry none: the database's own, read after the locks, when None.
    `renamings` say what contacts are called from now on, beside what they were called before; those of nobody we know
    do nothing. Where answers go is changed with what else a delivery changes (`touch.py`).
    `also` are conversations to lock together with those of the batch, for what is done to them afterwards.
    `locked` is called once every conversation is locked: whoever comes later can no longer get in between.
    Messages to an account that does not exist raise Account.DoesNotExist; the whole batch is then undone.
    """
    items = _each_once(batch)
    if not items and not renamings:
        return Received([], [], 0)
    try:
        return _receive(items, clock, at, also, renamings, locked)
    except _ImportedMeanwhile:
        return _receive(items, clock, at, also, renamings, locked)


def _receive(
    items: Sequence[Inbound],
    clock: Clock,
    at: datetime | None,
    also: Sequence[int],
    renamings: Sequence[Renaming],
    locked: Callable[[], None],
) -> Received:
    with transaction.atomic():
        account_ids = sorted({item.account_id for item in items} | {each.account_id for each in renamings})
        gate.enter(account_ids)
        covers = clock(account_ids)
        workspaces = _workspaces(account_ids)
        items, imported = _not_joined_yet(items)
        people = contacts(items, workspaces, renamings)
        items = [item for item in items if key(item) in people]
        created, threads = _threads(items, people, workspaces, [*also, *imported.values()])
        locked()
        _give_way(imported)
        at = at or database_now()
        received = _join(items, people, threads, workspaces, covers, created, at)
        ring(workspaces.values(), received.conversations)
        if any(item.media for item in items):
            ring_media()
    return received


def _each_once(batch: Iterable[Inbound]) -> list[Inbound]:
    """The first of each, at its place: a duplicate later in the batch must not move it behind its neighbours.

    What the contact wrote to us comes before what history says of it.
    """
    firsts: dict[Ref, Inbound] = {}
    for inbound in batch:
        first = firsts.setdefault(_ref(inbound), inbound)
        if first.history and inbound.counts:
            firsts[_ref(inbound)] = inbound
    return list(firsts.values())


def _ref(item: Inbound) -> Ref:
    return (item.account_id, item.external_id)


def _workspaces(account_ids: Sequence[int]) -> dict[int, int]:
    found = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "workspace_id"))
    if missing := set(account_ids) - found.keys():
        raise Account.DoesNotExist(f"There is no account {min(missing)}.")
    return found


def _not_joined_yet(items: Sequence[Inbound]) -> tuple[list[Inbound], dict[Ref, int]]:
    """Without what was joined before, so that a replay makes no contact and no conversation.

    What the contact writes is new where only history had told of it; answers the conversations that have it as well.
    """
    asked = [{"account_id": item.account_id, "external_id": item.external_id} for item in items]
    with run(JOINED, {"items": as_json(asked)}) as cursor:
        joined = {
            (account_id, external_id): imported_in for account_id, external_id, imported_in in cursor.fetchall()
        }
    if not joined:
        return list(items), {}
    imported = {
        _ref(item): conversation_id for item in items if item.counts and (conversation_id := joined.get(_ref(item)))
    }
    _late_files([item for item in items if _ref(item) in joined])
    return [item for item in items if _ref(item) not in joined or _ref(item) in imported], imported


def _late_files(joined: Sequence[Inbound]) -> None:
    """The one thing a message that is there may still bring: the file of one that was imported without it."""
    rows = [
        {"account_id": item.account_id, "external_id": item.external_id, "media": files(item.media)}
        for item in joined
        if item.history and item.media
    ]
    if rows:
        with run(LATE_FILES, {"items": as_json(rows)}):
            ring_media()


def _give_way(imported: Iterable[Ref]) -> int:
    """Take away what history told of these messages; answers of how many. Their conversations are locked."""
    asked = [{"account_id": account_id, "external_id": external_id} for account_id, external_id in imported]
    if not asked:
        return 0
    with run(GIVE_WAY, {"items": as_json(asked)}) as cursor:
        return cursor.rowcount


def _threads(
    items: Sequence[Inbound], people: Mapping[Key, Known], workspaces: Mapping[int, int], also: Sequence[int]
) -> tuple[list[int], dict[tuple[int, int], _Thread]]:
    """Make what is missing and lock all of it: ids made, and (account, contact) → conversation.

    Only what counts makes an open conversation (closing C4), and what we said elsewhere; history makes a closed one.
    One that is known stays: there is no need to look again.
    """
    wanted: set[tuple[int, int]] = set()
    making: dict[tuple[int, int], Status] = {}
    for item in items:
        contact = people[key(item)]
        pair = (item.account_id, contact.contact_id)
        wanted.add(pair)
        if contact.conversation_id is None and makes(item) and not (contact.blocked and item.counts):
            making[pair] = Status.OPEN if not item.history else making.get(pair, Status.CLOSED)
    created = _make(making, workspaces)
    pairs = [{"account_id": account_id, "contact_id": contact_id} for account_id, contact_id in wanted]
    with run(LOCK, {"items": as_json(pairs), "also": list(also)}) as cursor:
        locked = cursor.fetchall()
    return created, {(account_id, contact_id): _Thread(pk, *found) for pk, account_id, contact_id, *found in locked}


def _make(making: Mapping[tuple[int, int], Status], workspaces: Mapping[int, int]) -> list[int]:
    """The ids of the conversations made of these (account, contact)."""
    if not making:
        return []
    rows = [
        {
            "workspace_id": workspaces[account_id],
            "account_id": account_id,
            "contact_id": contact_id,
            "status": making[account_id, contact_id].value,
        }
        for account_id, contact_id in making
    ]
    with run(THREADS, {"items": as_json(rows)}) as cursor:
        return [row[0] for row in cursor.fetchall()]


def _join(
    items: Sequence[Inbound],
    people: Mapping[Key, Known],
    threads: Mapping[tuple[int, int], _Thread],
    workspaces: Mapping[int, int],
    covers: Mapping[int, Cover],
    created: list[int],
    at: datetime,
) -> Received:
    rows = []
    for item in items:
        contact = people[key(item)]
        thread = threads.get((item.account_id, contact.contact_id))
        if thread:
            rows.append(_row(item, contact, thread, workspaces, covers, at))
        elif makes(item) and not contact.blocked:
            raise Unlocked(f"The conversation of message {item.external_id} was not locked.")
    with run(JOIN, {"items": as_json(rows), "created": created, "at": at}) as cursor:
        received = Received(*(cursor.fetchone() or ([], [], 0)))
    if len(received.messages) < len(rows) and _give_way(_ref(item) for item in items if item.counts):
        raise _ImportedMeanwhile
    return received


def _row(
    item: Inbound,
    contact: Known,
    thread: _Thread,
    workspaces: Mapping[int, int],
    covers: Mapping[int, Cover],
    at: datetime,
) -> _Row:
    counts = item.counts and not contact.blocked
    received_at = item.received_at or at
    cover = covers.get(item.account_id)
    clock = armed(thread, cover, received_at, at) if cover and counts else None
    return _Row(
        conversation_id=thread.id,
        workspace_id=workspaces[item.account_id],
        account_id=item.account_id,
        external_id=item.external_id,
        kind=item.kind.value,
        text=item.text,
        counts=counts,
        received_at=received_at,
        provider_at=item.provider_at,
        data=item.data,
        begins=cover.begins if cover else None,
        armed_at=clock[0] if clock else None,
        look_at=clock[1] if clock else None,
        was_closed=thread.was_closed,
        was_snoozed=thread.is_snoozed,
        echo=item.echo,
        history=item.history,
        reply_to=item.reply_to,
        window_at=(item.provider_at or received_at) if counts and item.opens_window else None,
        address=address_of(item.identity) if counts else "",
        media=files(item.media) if item.media else (),
    )
