"""What a delivery says of conversations besides messages: the channel's window, and what the list shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from bandeja.channels.contract import Annotation, Inbound, Kind, Renaming, Status
from bandeja.conversations.handle import message_of
from bandeja.conversations.identities import address_of
from bandeja.conversations.sql import as_json, run, statement

TOUCHING = statement("bandeja.conversations", "touching")
TOUCH = statement("bandeja.conversations", "touch")

Key = tuple[int, str, str]
"""Account, kind and value."""


class Touch(NamedTuple):
    """What changes of a conversation: when its window began, until when it is free, what its latest message says,
    where an answer goes.
    """

    id: int
    window_at: datetime | None
    free_until: datetime | None
    text_at: datetime | None
    text: str | None
    address: str | None


def touches(
    inbound: Iterable[Inbound] = (),
    annotations: Iterable[Annotation] = (),
    statuses: Iterable[Status] = (),
    renamings: Iterable[Renaming] = (),
) -> list[Touch]:
    """What these change. It locks nothing: whoever receives in the same transaction locks these conversations too,
    all in one order, before `touch` changes them; locking twice would let two batches wait in a circle.
    """
    annotations = list(annotations)
    # What counts widens the window as it is joined: its conversation may not be there yet.
    told: list[Inbound | Annotation] = [*(each for each in inbound if not each.counts), *annotations]
    doings = [_doing(each) for each in told if each.opens_window]
    freed = [_freed(status) for status in statuses if status.free_until]
    changed = [_changed(each) for each in annotations if each.kind in {Kind.EDIT, Kind.UNSEND}]
    moved = _moved(renamings)
    if not doings and not freed and not changed and not moved:
        return []
    given = {"doings": as_json(doings), "freed": as_json(freed), "changed": as_json(changed), "moved": as_json(moved)}
    with run(TOUCHING, given) as cursor:
        return [Touch(*row) for row in cursor.fetchall()]


def touch(told: Sequence[Touch]) -> None:
    """Widen windows and correct what the list shows. It opens nothing and moves no clock (closing C4, D4)."""
    if not told:
        return
    with transaction.atomic(), run(TOUCH, {"touches": as_json([each._asdict() for each in told])}):
        pass


def _doing(each: Inbound | Annotation) -> dict[str, Any]:
    kind, value = each.identity
    at = each.at if isinstance(each, Annotation) else each.provider_at
    return {"account_id": each.account_id, "kind": kind, "value": value, "at": at or each.received_at}


def _freed(status: Status) -> dict[str, Any]:
    return {
        "account_id": status.account_id,
        "external_id": status.external_id,
        "message_id": message_of(status.handle),
        "free_until": status.free_until,
    }


def _changed(each: Annotation) -> dict[str, Any]:
    return {
        "account_id": each.account_id,
        "external_id": each.external_id,
        "target": each.target,
        "text": each.text if each.kind is Kind.EDIT else "",
        "at": each.at or each.received_at,
    }


def _moved(renamings: Iterable[Renaming]) -> list[dict[str, Any]]:
    """Where answers go that went to a name that is gone: to what the last of several renamings says."""
    gone = {_before(each): (each.account_id, *each.after[0]) for each in renamings if each.after and each.is_gone}
    moved = []
    for before in gone:
        name, passed = before, set[Key]()
        while name in gone and name not in passed:
            passed.add(name)
            name = gone[name]
        account_id, kind, value = before
        address = address_of(name[1:])
        moved.append({"account_id": account_id, "kind": kind, "value": value, "address": address})
    return moved


def _before(renaming: Renaming) -> Key:
    return (renaming.account_id, *renaming.before)
