"""Writing down what became of messages that were handed to their channel."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce
from psycopg.types.json import Json

from bandeja.channels.contract import State
from bandeja.conversations import unheard
from bandeja.conversations.bell import ring
from bandeja.conversations.models import ActorKind, Conversation, Direction, Event, Message
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.outbox.outcome import Answer, Outcome, outcome

log = logging.getLogger(__name__)

FILES_PATIENCE = timedelta(minutes=10)
"""How long handing over a file may take, the largest over a slow line, until somebody else tries."""
TOLD = frozenset({State.SENT, State.DELIVERED, State.READ, State.PLAYED, State.FAILED})
"""What a status may have told of an echo before we knew that it was our own message."""

LOCK = statement("bandeja.outbox", "lock")
RECORD = statement("bandeja.outbox", "record")
HOLD = statement("bandeja.outbox", "hold")
OVERDUE = statement("bandeja.outbox", "overdue")

MACHINES = (ActorKind.FLOW, ActorKind.SYSTEM)

Row = tuple[int, int, str | None, str]
"""A locked message: id, account, external id, state."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A channel's answer to a message claimed at `claimed_at`, after `tries` that came to nothing."""

    message_id: int
    account_id: int
    claimed_at: datetime
    tries: int
    answer: Answer


def record(settled: Sequence[Settled]) -> None:
    """Write the outcomes down together; if that fails, each alone. One that cannot be is left to become unknown.

    Raises what an outage raises: then nothing was written.
    """
    try:
        _record(settled)
    except DatabaseError as error:
        if is_outage(error):
            raise
        # Mostly an echo that was joined at this very moment: the second time we see it.
        log.warning("A batch of outcomes failed; each is written alone: %s", error)
        for each in settled:
            _record_alone(each)


def give_up(patience: timedelta) -> int:
    """Call unknown what has waited longer than `patience` for its answer; answers how many moved on."""
    params = {"patience": patience.total_seconds(), "files": FILES_PATIENCE.total_seconds()}
    if not _any_overdue(patience):
        return 0
    with transaction.atomic():
        with run(OVERDUE, params) as cursor:
            count, workspaces, conversations = cursor.fetchone() or (0, [], [])
        ring(workspaces, conversations)
    return int(count)


def _any_overdue(patience: timedelta) -> bool:
    """One look without a transaction, by the index of what is being sent: what an idle lane costs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select exists (select from outgoing where sending_at is not null
                              and sending_at < bandeja_now() - make_interval(secs => %s::float8))""",
            [patience.total_seconds()],
        )
        return bool(cursor.fetchone()[0])


def _record_alone(settled: Settled) -> None:
    try:
        _record([settled])
    except DatabaseError as error:
        if is_outage(error):
            raise
        log.exception("What became of message %s could not be written down", settled.message_id)


def _record(settled: Sequence[Settled]) -> None:
    outcomes = {each.message_id: outcome(each.answer, each.tries) for each in settled}
    with transaction.atomic():
        _absorb_echoes(_lock(settled, outcomes), settled, outcomes)
        with run(RECORD, {"results": Json([_result(each, outcomes[each.message_id]) for each in settled])}) as cursor:
            workspaces, conversations = cursor.fetchone() or ([], [])
        if told := _told(settled, outcomes):
            with run(HOLD, {"told": Json(told)}):
                pass
        ring(workspaces, conversations)


def _lock(settled: Sequence[Settled], outcomes: Mapping[int, Outcome]) -> list[Row]:
    accepted = [each for each in settled if outcomes[each.message_id].external_id is not None]
    params = {
        "ids": [each.message_id for each in settled],
        "accounts": [each.account_id for each in accepted],
        "external_ids": [outcomes[each.message_id].external_id for each in accepted],
    }
    with run(LOCK, params) as cursor:
        return cursor.fetchall()


def _absorb_echoes(rows: Sequence[Row], settled: Sequence[Settled], outcomes: dict[int, Outcome]) -> None:
    """An echo that came before we knew its id was joined as a message of its own, or taken for another of ours that
    says the same (`intake.own`): the channel's answer knows better, and the message it answers takes its place.
    """
    ours = {(each.account_id, outcomes[each.message_id].external_id): each.message_id for each in settled}
    for pk, account_id, external_id, state in rows:
        message_id = ours.get((account_id, external_id)) if external_id else None
        if message_id is None or message_id == pk:
            continue
        echo = Message.objects.get(pk=pk)
        if echo.author_kind == ActorKind.APP:
            Event.objects.filter(message_id=pk, number=None).delete()
            echo.delete()
            _take_back_answer(echo.conversation_id, message_id)
        elif _is_twin(echo, message_id):
            Message.objects.filter(pk=pk).update(state=State.UNKNOWN, external_id=None, error=None)
        else:
            # A channel that gives two messages one id: neither may swallow the other.
            continue
        if state in TOLD:
            outcomes[message_id] = Outcome(State(state), external_id=external_id, error=echo.error)


def _take_back_answer(conversation_id: int, message_id: int) -> None:
    """What a flow wrote is no person's answer, though its echo passed for one (closing G1); and what the system says
    begins nothing (closing N2).
    """
    if not Message.objects.filter(pk=message_id, author_kind__in=MACHINES).exists():
        return
    ours = Message.objects.filter(conversation=conversation_id, direction=Direction.OUT, imported=False)
    latest = ours.exclude(author_kind__in=MACHINES).aggregate(at=Max(Coalesce("received_at", "at")))["at"]
    Conversation.objects.filter(pk=conversation_id).update(answered_at=latest)
    unheard.take_back(conversation_id)


def _is_twin(message: Message, other_id: int) -> bool:
    """Whether an echo of the one may have been taken for the other: the same words in the same conversation."""
    same = Message.objects.filter(pk=other_id, conversation_id=message.conversation_id, text=message.text)
    return message.text != "" and same.exists()


def _result(settled: Settled, means: Outcome) -> dict[str, Any]:
    return {
        "message_id": settled.message_id,
        "claimed_at": settled.claimed_at.isoformat(),
        "state": means.state,
        "external_id": means.external_id,
        "error": means.error,
        "wait": means.wait.total_seconds(),
    }


def _told(settled: Sequence[Settled], outcomes: Mapping[int, Outcome]) -> list[dict[str, Any]]:
    """What was said of each account: its longest pause, and one of its faults."""
    told: dict[int, dict[str, Any]] = {}
    for each in settled:
        means = outcomes[each.message_id]
        if means.hold is None and means.fault is None:
            continue
        hold = means.hold.total_seconds() if means.hold else None
        before = told.get(each.account_id, {"hold": None, "error": None, "claimed_at": None})
        told[each.account_id] = {
            "account_id": each.account_id,
            "hold": max(filter(None, (hold, before["hold"])), default=None),
            "error": means.fault or before["error"],
            "claimed_at": each.claimed_at.isoformat() if means.fault else before["claimed_at"],
        }
    return list(told.values())
