"""Conversations that failed to close: each steps aside for a while, visible, and delays no other (closing D6)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import run, statement
from bandeja.people import audit
from bandeja.people.models import Action, Agent, Subject, Workspace

log = logging.getLogger(__name__)

TRY_AGAIN = statement("bandeja.closing", "try_again").replace("{within}", WITHIN)


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


def try_again(ids: Sequence[int], *, workspace: Workspace, scope: Scope, by: Agent) -> list[int]:
    """Have the sweep look at once at those of these that stepped aside, and write down who asked.

    Their deadlines are as they were: what may not close is not closed by it. Answers which will be looked at.
    """
    with transaction.atomic():
        with run(TRY_AGAIN, {"ids": list(ids), **scope.params()}) as cursor:
            asked = sorted(row[0] for row in cursor.fetchall())
        if asked:
            audit.record(
                Subject.WORKSPACE,
                workspace,
                Action.CLOSING_RETRIED,
                workspace_id=workspace.pk,
                name=workspace.name,
                by=by,
                after={"retried": asked},
            )
    return asked
