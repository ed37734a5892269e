"""What we began and nobody has answered: which those are, and the clock that our messages start (closing N1, N2).

Nobody here knows whether a rule closes them. Their clock is armed all the same, to be looked at at once: the sweep
finds out, as it does of any clock. So writing to a contact waits for no gate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Greatest

from bandeja.conversations.models import ActorKind, Conversation, Direction, Message, Status

UNHEARD = """(unheard_at is not null or armed_at is null
      and (last_inbound_at is null or agent_opened_at > last_inbound_at))"""
"""Whether an open one is of these once we write in it, over the columns of `conversation` (closing N1)."""
IS_UNHEARD = Q(unheard_at__isnull=False) | Q(armed_at=None) & (
    Q(last_inbound_at=None) | Q(agent_opened_at__gt=F("last_inbound_at"))
)
"""The same as a condition."""


def wrote(at: datetime) -> dict[str, Any]:
    """What changes of a conversation that is locked when we write in it at `at`, if it is open and one of these."""
    here = Q(status=Status.OPEN) & IS_UNHEARD
    starts = here & Q(kept_at=None)
    instant = Value(at, DateTimeField())
    return {
        "unheard_at": Case(When(here, then=Greatest("unheard_at", instant)), default=F("unheard_at")),
        "armed_at": Case(When(starts, then=Greatest("armed_at", instant)), default=F("armed_at")),
        "look_at": Case(When(starts, then=instant), default=F("look_at")),
        "withheld_at": Case(When(starts, then=None), default=F("withheld_at")),
        "withheld_for": Case(When(starts, then=Value("")), default=F("withheld_for")),
    }


def take_back(conversation_id: int) -> None:
    """A message of ours was the echo of what a machine wrote, and is gone: where it alone had begun it, nothing has.

    Where there are others of ours the clock is left as it is: it may run out later for the echo, never sooner, and
    what put it off since is not lost (closing N2).
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    ours = Message.objects.filter(conversation=conversation_id, direction=Direction.OUT, imported=False)
    said = ours.exclude(author_kind=ActorKind.SYSTEM).filter(created_at__gte=conversation.opened_at)
    if conversation.unheard_at and not said.exists():
        Conversation.objects.filter(pk=conversation_id).update(unheard_at=None, armed_at=None, look_at=None)
