"""How long a contact has waited for us: from the first message that no person has answered."""

from __future__ import annotations

from datetime import datetime

from bandeja.conversations.models import ActorKind, Direction, Status
from bandeja.flows import programs
from bandeja.flows.dispatch import patience
from bandeja.flows.models import Run
from bandeja.flows.moment import Moment

MACHINES = (ActorKind.FLOW, ActorKind.SYSTEM)
"""What they write is no answer of ours."""


def due(moment: Moment) -> datetime | None:
    """When the flow of a run that is watched for is to begin; None when there is nothing left to answer."""
    conversation = moment.conversation
    if conversation.status != Status.OPEN:
        return None
    said = conversation.messages.filter(direction=Direction.OUT).exclude(author_kind__in=MACHINES)
    answered_at = said.order_by("-at", "-pk").values_list("at", flat=True).first()
    waiting = conversation.messages.filter(counts=True)
    if answered_at is not None:
        waiting = waiting.filter(at__gt=answered_at)
    since = waiting.order_by("at", "pk").values_list("at", flat=True).first()
    if since is None or _has_begun(moment, since):
        return None
    told = programs.definition(moment.run.version_id).start
    return since + patience(vars(told))


def _has_begun(moment: Moment, since: datetime) -> bool:
    """Whether the flow began here before, for what has waited since then: for one wait it begins once."""
    others = Run.objects.filter(flow=moment.run.flow_id, conversation=moment.conversation, started_at__gte=since)
    return others.exclude(pk=moment.run.pk).exists()
