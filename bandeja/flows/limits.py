"""How much flows may do to one contact in an hour: more is a loop that nobody meant."""

from __future__ import annotations

from datetime import datetime, timedelta

from bandeja import environment
from bandeja.flows.models import Outcome, Taken

HOUR = timedelta(hours=1)


def sends(contact_id: int, at: datetime) -> int:
    """How many messages flows sent them in the hour before."""
    return _of_late(contact_id, at, outcome=Outcome.SENT)


def is_exhausted(contact_id: int, at: datetime) -> bool:
    """Whether flows took as many steps with them as they may."""
    return _of_late(contact_id, at) >= environment.FLOW_STEPS.value()


def _of_late(contact_id: int, at: datetime, **which: str) -> int:
    return Taken.objects.filter(contact_id=contact_id, at__gt=at - HOUR, **which).count()
