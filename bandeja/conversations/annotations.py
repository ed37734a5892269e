"""What is done to a message once written: reacting, editing, unsending. None of it is writing (closing C4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from bandeja.channels.contract import Annotation
from bandeja.channels.models import Account
from bandeja.conversations.bell import ring
from bandeja.conversations.sql import as_json, run, statement

ANNOTATE = statement("bandeja.conversations", "annotate")


def annotate(annotations: Iterable[Annotation]) -> list[int]:
    """Write down what was done to messages; answers the conversations in which something changed.

    One that was written down before does nothing; one that arrives before its message waits for it. It opens
    nothing, adds no unread and moves no clock (closing C4).
    """
    told = {(each.account_id, each.external_id): each for each in annotations}
    if not told:
        return []
    workspaces = dict(
        Account.objects.filter(pk__in={account_id for account_id, _ in told}).values_list("pk", "workspace_id")
    )
    rows = [_row(each, workspaces) for each in told.values()]
    with transaction.atomic():
        with run(ANNOTATE, {"items": as_json(rows)}) as cursor:
            changed = dict(cursor.fetchall())
        ring(set(changed.values()), list(changed))
    return sorted(changed)


def _row(told: Annotation, workspaces: Mapping[int, int]) -> dict[str, Any]:
    kind, value = told.identity
    return {
        "workspace_id": workspaces[told.account_id],
        "account_id": told.account_id,
        "external_id": told.external_id,
        "target": told.target,
        "kind": told.kind,
        "actor": "" if told.by_us else f"{kind}:{value}",
        "text": told.text,
        "at": told.at or told.received_at,
    }
