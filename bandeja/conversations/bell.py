"""The doorbell: tells listeners which conversations changed, once per transaction, when it commits."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db import connection

BELL = "bandeja"
"""The NOTIFY channel. Payload: `{"w": [workspace ids], "c": [conversation ids] | "many"}`, perhaps with `"gone"`: the
ids of conversations that are no more, whose visitors look for theirs anew; or with `"read": true`: they were read,
and nothing else, so that who opened one is not sent to fetch it again."""
MEDIA_BELL = "bandeja_media"
"""The NOTIFY channel of files waiting to be fetched; it says no more."""
MOST_NAMED = 100
"""More ids than this are "many": a payload must stay under PostgreSQL's 8,000 bytes."""
MOST_WORKSPACES = 500
"""No transaction of ours touches more: a drain takes 500 deliveries, and pages ask again by themselves."""


def ring_all(workspace_id: int) -> None:
    """Ring for all conversations of a workspace at commit: what is shown of their clocks may have changed."""
    _notify([workspace_id], "many")


def ring_media() -> None:
    """Wake whoever fetches files, at commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [MEDIA_BELL])


def ring(workspace_ids: Collection[int], conversation_ids: Collection[int], gone: Collection[int] = ()) -> None:
    """Ring for these conversations at commit. At most once per transaction: NOTIFY takes a database-wide lock.

    `gone` are those among them that were merged or erased, of one contact: so they are few.
    """
    if not conversation_ids:
        return
    told = {"gone": sorted(gone)[:MOST_NAMED]} if gone else {}
    _notify(sorted(set(workspace_ids))[:MOST_WORKSPACES], _named(conversation_ids), **told)


def ring_read(workspace_id: int, conversation_ids: Collection[int]) -> None:
    """Ring for these conversations at commit: they were read."""
    if conversation_ids:
        _notify([workspace_id], _named(conversation_ids), read=True)


def _named(conversation_ids: Collection[int]) -> list[int] | str:
    return sorted(conversation_ids) if len(conversation_ids) <= MOST_NAMED else "many"


def _notify(workspace_ids: list[int], named: list[int] | str, **more: Any) -> None:
    said = {"w": workspace_ids, "c": named, **more}
    payload = json.dumps(said, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [BELL, payload])
