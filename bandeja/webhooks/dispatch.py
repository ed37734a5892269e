"""Making deliveries of what was published: a reader of the events, as notifications and assignment are.

One cursor's row is locked for a batch, so that any number of workers make each delivery once; whoever is killed
half-way has made none of the batch.
"""

from __future__ import annotations

from django.db import transaction

from bandeja.conversations.sql import run, statement
from bandeja.webhooks.models import Cursor

BATCH = 1_000

WAITS = statement("bandeja.webhooks", "waits")
NEXT = statement("bandeja.webhooks", "batch")
HOLD = statement("bandeja.webhooks", "hold")
DISPATCH = statement("bandeja.webhooks", "dispatch")

# Held until the commit: settling a delivery takes the same row alone (`settle.sql`).
LISTENING = """
    select id from webhook
    where workspace_id = any(%(workspaces)s::bigint[]) and disabled_at is null and deleted_at is null
    order by id
    for share
"""


def step(limit: int = BATCH) -> int:
    """Read the next events, at most `limit`; answers how many. Safe in any number of processes."""
    if not _any_waits():
        return 0
    with transaction.atomic():
        cursor = _cursor()
        if cursor is None:
            return 0
        with run(NEXT, {"after": cursor.number, "limit": limit}) as found:
            upto, count, workspaces = found.fetchone() or (0, 0, [])
        if not count:
            return 0
        with run(LISTENING, {"workspaces": workspaces}) as found:
            webhooks = [pk for (pk,) in found.fetchall()]
        if webhooks:
            wanted = {"webhooks": webhooks, "after": cursor.number, "upto": upto}
            for each in (HOLD, DISPATCH):
                with run(each, wanted):
                    pass
        Cursor.objects.update(number=upto)
    return int(count)


def _any_waits() -> bool:
    """One look without a transaction: what an idle loop costs."""
    with run(WAITS, {}) as found:
        return found.fetchone() is not None


def _cursor() -> Cursor | None:
    """The place reached, locked; None while another worker holds it."""
    Cursor.objects.bulk_create([Cursor(pk=1)], ignore_conflicts=True)
    return Cursor.objects.select_for_update(skip_locked=True).first()
