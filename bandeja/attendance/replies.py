"""Automatic replies of who is away: each contact who writes to them is answered once in an absence.

They are outbound and move no clock (closing C2), open nothing (closing E2), and two machines that answer each other
end after one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM
from bandeja.conversations.models import Conversation, Direction, Status
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import run, statement
from bandeja.people.models import Agent, State
from bandeja.people.presence import AWAY_SINCE, STATE

log = logging.getLogger(__name__)

BATCH = 50

OWED = statement("bandeja.attendance", "owed")
CLAIM = statement("bandeja.attendance", "claim_reply")


@dataclass(frozen=True, slots=True)
class Absence:
    """An agent who is away and has something to say meanwhile."""

    agent_id: int
    workspace_id: int
    since: datetime
    reply: str


def step(limit: int = BATCH) -> int:
    """Answer contacts of absent agents, at most `limit` of each; answers how many. Safe in any number."""
    return sum(_answer(absence, pk) for absence in _absences() for pk in _owed(absence, limit))


def _absences() -> list[Absence]:
    away = Agent.objects.filter(is_active=True).exclude(presence=None).exclude(presence__reply="")
    told = away.annotate(state=STATE, since=AWAY_SINCE).filter(state=State.AWAY)
    return [Absence(*each) for each in told.values_list("pk", "workspace_id", "since", "presence__reply")]


def _owed(absence: Absence, limit: int) -> list[int]:
    params = {"agent": absence.agent_id, "since": absence.since, "limit": limit}
    with run(OWED, params) as found:
        return [pk for (pk,) in found.fetchall()]


def _answer(absence: Absence, conversation_id: int) -> bool:
    """Answer in one conversation, if it is still theirs and unanswered.

    Where the channel's window is closed nothing is sent, and it is not tried again in this absence.
    """
    with transaction.atomic():
        conversation = _locked(absence, conversation_id)
        if conversation is None or not _claim(absence, conversation.contact_id):
            return False
        try:
            lifecycle.reply(conversation_id, absence.reply, scope=Scope(absence.workspace_id), by=SYSTEM)
        except (lifecycle.WindowClosed, lifecycle.FileRefused) as refused:
            log.info("not answered by itself", extra={"conversation": conversation_id, "why": str(refused)})
    return True


def _locked(absence: Absence, conversation_id: int) -> Conversation | None:
    theirs = Conversation.objects.filter(owner_id=absence.agent_id, last_inbound_at__gte=absence.since)
    waiting = theirs.filter(status=Status.OPEN, last_message_direction=Direction.IN)
    return waiting.select_for_update(skip_locked=True, of=("self",)).filter(pk=conversation_id).first()


def _claim(absence: Absence, contact_id: int) -> bool:
    with run(CLAIM, {"agent": absence.agent_id, "contact": contact_id, "since": absence.since}) as claimed:
        return claimed.fetchone() is not None
