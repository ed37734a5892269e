"""The doorbell: tells listeners which conversations changed, once per transaction, when it commits."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.db import connection

BELL = "bandeja"
"""The NOTIFY channel. Payload: `{"w": [workspace ids], "c": [conversation ids] | "many"}`."""
MOST_NAMED = 100
"""More ids than this are "many": a payload must stay under PostgreSQL's 8,000 bytes."""


def ring(workspace_ids: Collection[int], conversation_ids: Collection[int]) -> None:
    """Ring for these conversations at commit. At most once per transaction: NOTIFY takes a database-wide lock."""
    if not conversation_ids:
        return
    named = sorted(conversation_ids) if len(conversation_ids) <= MOST_NAMED else "many"
    payload = json.dumps({"w": sorted(set(workspace_ids))[:500], "c": named}, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [BELL, payload])
