"""Conversations that failed to close: each steps aside for a while, visible, and delays no other (closing D6)."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError, connection, transaction

log = logging.getLogger(__name__)


def step_aside(conversation_id: int, error: DatabaseError, until: datetime) -> bool:
    """Look at it again in 30 s, then ever later up to an hour, and keep the error for people to see.

    Only where it was due by `until` still: whoever has written meanwhile has a clock of their own again. Answers
    whether it stepped aside.
    """
    log.error("Conversation %s could not be closed and steps aside: %s", conversation_id, error)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """with due as materialized (
                       select id, workspace_id from conversation
                       where id = %(id)s and look_at <= %(until)s
                       for no key update
                   ),
                   setback as (
                       insert into setback (conversation_id, workspace_id, failures, error, at)
                       select id, workspace_id, 1, %(error)s, bandeja_now() from due
                       on conflict (conversation_id) do update
                           set failures = setback.failures + 1, error = excluded.error, at = excluded.at
                       returning failures
                   )
                   update conversation
                   set look_at = bandeja_now() + least(interval '30 seconds' * power(2, failures - 1), '1 hour')
                   from setback
                   where conversation.id = %(id)s""",
                {"id": conversation_id, "error": str(error)[:2_000], "until": until},
            )
            return bool(cursor.rowcount)
    except DatabaseError:
        log.exception("Conversation %s could not even step aside; the next round meets it again", conversation_id)
        return False


def clear_settled() -> None:
    """Forget the setbacks of clocks that no longer run: the conversation closed, its contact wrote since, or there is
    no such conversation any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from setback
               where not exists (
                   select from conversation
                   where conversation.id = setback.conversation_id and conversation.armed_at <= setback.at
               )"""
        )
