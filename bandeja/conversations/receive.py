"""Joining inbound messages: contacts, conversations, messages, unread, opening, clock and events, set-based.

`receive` is `lifecycle.receive`: it stands apart because it is as long as all the other verbs together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec
from django.db import transaction

from bandeja.channels import gate
from bandeja.channels.contract import Inbound
from bandeja.channels.models import Account
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Contact
from bandeja.conversations.sql import run, statement
from bandeja.people.clock import database_now


class Cover(Protocol):
    """What covers an account now: since when, and what a message arms. `closing.deadline.Cover` is one."""

    @property
    def begins(self) -> datetime: ...

    def arm(self, received_at: datetime, at: datetime) -> tuple[datetime, datetime] | None: ...


Clock = Callable[[Sequence[int]], Mapping[int, Cover]]
"""Answers the cover of those of these accounts that have one; read behind their gates."""

IdentityKey = tuple[int, str, str]

JOINED = statement("bandeja.conversations", "joined")
IDENTITIES = statement("bandeja.conversations", "identities")
CONTACTS = statement("bandeja.conversations", "contacts")
THREADS = statement("bandeja.conversations", "threads")
LOCK = statement("bandeja.conversations", "lock")
JOIN = statement("bandeja.conversations", "join")


@dataclass(frozen=True, slots=True)
class Received:
    """The ids of the messages joined, of the conversations they belong to, and how many of those reopened."""

    messages: list[int]
    conversations: list[int]
    reopened: int


@dataclass(frozen=True, slots=True)
class _Known:
    contact_id: int
    conversation_id: int | None
    blocked: bool
    profile: Sequence[str]
    """Name, e-mail address and telephone number, as they are known."""


@dataclass(frozen=True, slots=True)
class _Thread:
    """A conversation as it was when it was locked."""

    id: int
    was_closed: bool
    agent_opened_at: datetime | None


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


def receive(
    batch: Iterable[Inbound], *, clock: Clock, at: datetime | None = None, locked: Callable[[], None] = lambda: None
) -> Received:
    """Join what contacts wrote to their conversations; what was joined before is left alone (closing C5, E1).

    `clock` says what covers each account, so that conversations never hear of rules. `at` is the joining
    instant, and the `received_at` of those that carry none: the database's own, read after the locks, when None.
    `locked` is called once every conversation is locked: whoever comes later can no longer get in between.
    Messages to an account that does not exist raise Account.DoesNotExist; the whole batch is then undone.
    """
    items = _each_once(batch)
    if not items:
        return Received([], [], 0)
    with transaction.atomic():
        account_ids = sorted({item.account_id for item in items})
        gate.enter(account_ids)
        covers = clock(account_ids)
        workspaces = _workspaces(account_ids)
        items = _not_joined_yet(items)
        contacts = _contacts(items, workspaces)
        created, threads = _threads(items, contacts, workspaces)
        locked()
        at = at or database_now()
        received = _join(items, contacts, threads, workspaces, covers, created, at)
        ring(workspaces.values(), received.conversations)
    return received


def _each_once(batch: Iterable[Inbound]) -> list[Inbound]:
    """The first of each, at its place: a duplicate later in the batch must not move it behind its neighbours."""
    firsts: dict[tuple[int, str], Inbound] = {}
    for inbound in batch:
        firsts.setdefault((inbound.account_id, inbound.external_id), inbound)
    return list(firsts.values())


def _workspaces(account_ids: Sequence[int]) -> dict[int, int]:
    found = dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "workspace_id"))
    if missing := set(account_ids) - found.keys():
        raise Account.DoesNotExist(f"There is no account {min(missing)}.")
    return found


def _not_joined_yet(items: Sequence[Inbound]) -> list[Inbound]:
    """Without what was joined before, so that a replay makes no contact and no conversation."""
    asked = [{"account_id": item.account_id, "external_id": item.external_id} for item in items]
    with run(JOINED, _items(asked)) as cursor:
        joined = set(cursor.fetchall())
    return [item for item in items if (item.account_id, item.external_id) not in joined]


def _key(item: Inbound) -> IdentityKey:
    return (item.account_id, *item.identity)


def _contacts(items: Sequence[Inbound], workspaces: Mapping[int, int]) -> dict[IdentityKey, _Known]:
    """The contact behind each identity; those nobody knows yet are made."""
    people = {_key(item): item for item in items}
    known = _known(people)
    if strangers := {key: item for key, item in people.items() if key not in known}:
        with run(IDENTITIES, _items([_profile(item, workspaces) for item in strangers.values()])):
            known |= _known(strangers)
    # Once nothing is left to make, and in one order, so that two batches never wait for each other in a circle.
    for key in sorted(known, key=lambda key: known[key].contact_id):
        _fill_in(known[key], people[key])
    return known


def _known(people: Mapping[IdentityKey, Inbound]) -> dict[IdentityKey, _Known]:
    asked = [{"account_id": account_id, "kind": kind, "value": value} for account_id, kind, value in people]
    with run(CONTACTS, _items(asked)) as cursor:
        return {
            (account_id, kind, value): _Known(contact_id, conversation_id, blocked, profile)
            for account_id, kind, value, contact_id, conversation_id, blocked, *profile in cursor.fetchall()
        }


def _profile(item: Inbound, workspaces: Mapping[int, int]) -> dict[str, Any]:
    account_id, kind, value = _key(item)
    return {
        "account_id": account_id,
        "workspace_id": workspaces[account_id],
        "kind": kind,
        "value": value,
        "name": item.name,
        "email": item.email,
        "phone": item.phone,
    }


def _items(rows: Sequence[Mapping[str, Any] | _Row]) -> dict[str, Any]:
    """Rows for a statement as one JSON text: adapting an array a column took longer than joining what they say."""
    return {"items": msgspec.json.encode(rows).decode()}


def _fill_in(contact: _Known, item: Inbound) -> None:
    """Write down what the contact now says of themselves where we knew nothing; never over what is known."""
    told = {"name": item.name, "email": item.email, "phone": item.phone}
    news = {
        field: said for (field, said), known in zip(told.items(), contact.profile, strict=True) if said and not known
    }
    if news:
        Contact.objects.filter(pk=contact.contact_id).update(**news)


def _threads(
    items: Sequence[Inbound], contacts: Mapping[IdentityKey, _Known], workspaces: Mapping[int, int]
) -> tuple[list[int], dict[tuple[int, int], _Thread]]:
    """Make what is missing and lock all of it: ids made, and (account, contact) → conversation.

    Only what counts may make a conversation (closing C4). One that is known stays: there is no need to look again.
    """
    wanted: set[tuple[int, int]] = set()
    making: set[tuple[int, int]] = set()
    for item in items:
        known = contacts[_key(item)]
        wanted.add((item.account_id, known.contact_id))
        if known.conversation_id is None and item.kind.counts and not known.blocked:
            making.add((item.account_id, known.contact_id))
    created = _make([(workspaces[account_id], account_id, contact_id) for account_id, contact_id in sorted(making)])
    pairs = [{"account_id": account_id, "contact_id": contact_id} for account_id, contact_id in wanted]
    with run(LOCK, _items(pairs)) as cursor:
        locked = cursor.fetchall()
    return created, {(account_id, contact_id): _Thread(pk, *found) for pk, account_id, contact_id, *found in locked}


def _make(missing: Sequence[tuple[int, int, int]]) -> list[int]:
    """The ids of the conversations made of these (workspace, account, contact)."""
    if not missing:
        return []
    rows = [dict(zip(("workspace_id", "account_id", "contact_id"), ids, strict=True)) for ids in missing]
    with run(THREADS, _items(rows)) as cursor:
        return [row[0] for row in cursor.fetchall()]


def _join(
    items: Sequence[Inbound],
    contacts: Mapping[IdentityKey, _Known],
    threads: Mapping[tuple[int, int], _Thread],
    workspaces: Mapping[int, int],
    covers: Mapping[int, Cover],
    created: list[int],
    at: datetime,
) -> Received:
    rows = [
        _row(item, known, threads[(item.account_id, known.contact_id)], workspaces, covers, at)
        for item in items
        if (item.account_id, (known := contacts[_key(item)]).contact_id) in threads
    ]
    with run(JOIN, {**_items(rows), "created": created, "at": at}) as cursor:
        return Received(*(cursor.fetchone() or ([], [], 0)))


def _row(
    item: Inbound,
    known: _Known,
    thread: _Thread,
    workspaces: Mapping[int, int],
    covers: Mapping[int, Cover],
    at: datetime,
) -> _Row:
    counts = item.kind.counts and not known.blocked
    received_at = item.received_at or at
    cover = covers.get(item.account_id)
    # What was received before an agent opened the conversation arms nothing (closing C6).
    arms = counts and (thread.agent_opened_at is None or received_at >= thread.agent_opened_at)
    armed = cover.arm(received_at, at) if cover and arms else None
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
        armed_at=armed[0] if armed else None,
        look_at=armed[1] if armed else None,
        was_closed=thread.was_closed,
    )
