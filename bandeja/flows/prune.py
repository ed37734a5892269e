"""Pruning runs that ended long ago, with what they did: it is told for as long as events are kept."""

from __future__ import annotations

from django.db import connection, transaction

from bandeja import environment

BATCH = 500
OLD = """
    select id from flow_run
    where ended_at < bandeja_now() - make_interval(days => %s)
    order by ended_at limit %s for update skip locked
"""


def step() -> int:
    """Delete a batch of old runs; answers how many. What they did to conversations stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OLD, [environment.EVENT_DAYS.value(), BATCH])
        ids = [pk for (pk,) in cursor.fetchall()]
        if ids:
            cursor.execute("delete from flow_taken where run_id = any(%s)", [ids])
            cursor.execute("delete from flow_run where id = any(%s)", [ids])
    return len(ids)
