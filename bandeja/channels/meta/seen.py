"""When Meta last delivered something, of each account and app: it tells silence from a lost subscription.

It is when a delivery was received, not when it was drained: what came before an outage of ours is drained after it,
or replayed by hand much later, and what Meta lost meanwhile is fetched from the last delivery on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

SEEN = """
    with due as (
        select told.id, told.at
        from unnest(%s::bigint[], %s::timestamptz[]) as told (id, at)
        join {table} on {table}.{key} = told.id
        where last_delivery_at is null or last_delivery_at <= told.at - interval '10 seconds'
        for update of {table} skip locked
    )
    update {table} set last_delivery_at = due.at from due where {table}.{key} = due.id"""


def note(accounts: Mapping[int, datetime], apps: Mapping[int, datetime]) -> None:
    """Note what was received for these, by id, and when: to within ten seconds, for a write each would cost more than
    it tells, and never backwards.
    """
    with connection.cursor() as cursor:
        for table, key, told in (("health", "account_id", accounts), ("meta_app", "id", apps)):
            if told:
                cursor.execute(SEEN.format(table=table, key=key), [list(told), list(told.values())])
