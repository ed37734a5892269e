"""When Meta last delivered something, of each account and app: it tells silence from a lost subscription."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

SEEN = """
    with due as (
        select {key} as id from {table}
        where {key} = any(%s::bigint[])
          and (last_delivery_at is null or last_delivery_at <= bandeja_now() - interval '10 seconds')
        for update skip locked
    )
    update {table} set last_delivery_at = bandeja_now() from due where {table}.{key} = due.id"""


def note(account_ids: Collection[int], app_ids: Collection[int]) -> None:
    """Note that something came for these, to within ten seconds: a write each would cost more than it tells."""
    with connection.cursor() as cursor:
        if account_ids:
            cursor.execute(SEEN.format(table="health", key="account_id"), [list(account_ids)])
        if app_ids:
            cursor.execute(SEEN.format(table="meta_app", key="id"), [list(app_ids)])
