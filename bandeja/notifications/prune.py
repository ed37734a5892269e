"""Forgetting what people were told long ago, read or not."""

from __future__ import annotations

from datetime import timedelta

from bandeja.conversations.sql import run

BATCH = 1_000
KEPT = timedelta(days=30)

PRUNE = """
    delete from notification where id = any(array(
        select id from notification where at < bandeja_now() - %(kept)s::interval
        order by at limit %(limit)s for update skip locked
    ))
"""


def step() -> int:
    """Delete one small batch; answers how many went."""
    with run(PRUNE, {"kept": KEPT, "limit": BATCH}) as cursor:
        return int(cursor.rowcount)
