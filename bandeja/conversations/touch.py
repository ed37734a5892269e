"""What a delivery says of conversations besides messages: the channel's window, and what the list shows.

It comes before everything else of a delivery and in a transaction of its own, because it locks conversations, and so
does receiving: both in one transaction would let two batches wait for each other in a circle. It may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction

from bandeja.channels.contract import Annotation, Inbound, Kind, Status
from bandeja.conversations.handle import message_of
from bandeja.conversations.sql import run, statement

TOUCH = statement("bandeja.conversations", "touch")


def touch(inbound: Iterable[Inbound], annotations: Iterable[Annotation], statuses: Iterable[Status]) -> None:
    """Widen windows and correct what the list shows. It opens nothing and moves no clock (closing C4, D4)."""
    annotations = list(annotations)
    # What counts widens the window as it is joined: its conversation may not be there yet.
    told: list[Inbound | Annotation] = [*(each for each in inbound if not each.counts), *annotations]
    doings = [_doing(each) for each in told if each.opens_window]
    freed = [_freed(status) for status in statuses if status.free_until]
    changed = [_changed(each) for each in annotations if each.kind in {Kind.EDIT, Kind.UNSEND}]
    if not doings and not freed and not changed:
        return
    with (
        transaction.atomic(),
        run(TOUCH, {"doings": _json(doings), "freed": _json(freed), "changed": _json(changed)}),
    ):
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


def _json(rows: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
