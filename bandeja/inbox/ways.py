"""What bulk actions are told of lists, rules and flows: what matches, what was closed, when a clock would run out."""

from __future__ import annotations

from django.db.models import QuerySet

from bandeja.bulk.acting import Ways
from bandeja.bulk.models import Bulk
from bandeja.closing import coverage
from bandeja.conversations.models import ActorKind, Cause, Closure
from bandeja.flows.models import Run
from bandeja.inbox.found import found


def closings(undoing: Bulk) -> QuerySet[Closure]:
    """What its rule or its flow closed in its time, and nobody has taken back."""
    of_workspace = Closure.objects.filter(workspace_id=undoing.workspace_id, undone_at=None)
    in_time = of_workspace.filter(closed_at__gte=undoing.since, closed_at__lt=undoing.until)
    if undoing.rule_id is not None:
        return in_time.filter(cause=Cause.RULE, rule_id=undoing.rule_id)
    runs = Run.objects.filter(flow_id=undoing.flow_id or 0, workspace_id=undoing.workspace_id).values("pk")
    return in_time.filter(cause=Cause.FLOW, actor_kind=ActorKind.FLOW, actor_id__in=runs)


WAYS = Ways(found, closings, coverage.deadlines)
