"""Who closed what of late and may be undone, and how undoings went: for the pages and the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bandeja.bulk.models import CLOSINGS_FOR, Bulk, Verb
from bandeja.closing.lately import COUNTED, closed_lately
from bandeja.closing.models import Rule
from bandeja.conversations.models import ActorKind, Cause, Closure
from bandeja.flows.models import Flow, Run
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

BULKS = 20
"""Bulk actions that are listed, the latest."""
SHOWN = 10
"""Undoings that are listed, the latest."""


@dataclass(frozen=True, slots=True)
class Source:
    """What closed, how many of its closings stand, and the last time. `kind` is rule, flow or bulk."""

    kind: str
    id: int
    name: str
    count: int
    at: datetime
    by: Agent | None = None


def sources(agent: Agent) -> Sequence[Source]:
    """All that closed in the days that count, and that this person may undo: the latest first."""
    found = [*_rules(agent), *_flows(agent), *_bulks(agent)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def undoings(agent: Agent) -> QuerySet[Bulk]:
    """Undoings of closings that this person may look at: their own, and those of what they manage."""
    mine = Q(agent=agent)
    if agent.may(Permission.MANAGE_CLOSING):
        mine |= Q(rule_id__isnull=False)
    if agent.may(Permission.MANAGE_CLOSING) and agent.may(Permission.SEE_ALL):
        mine |= Q(undoes__isnull=False)
    if agent.may(Permission.MANAGE_FLOWS):
        mine |= Q(flow_id__isnull=False)
    of_closings = Q(undoes=None) | Q(undoes__verb=Verb.CLOSE)
    found = Bulk.objects.filter(of_closings, mine, workspace_id=agent.workspace_id, verb=Verb.UNDO)
    return found.select_related("agent", "undoes", "undoes__agent").order_by("-pk")


def bulks(agent: Agent) -> QuerySet[Bulk]:
    """Bulk closings that this person may undo: their own, and everybody's for who manages closing and sees all."""
    everybodys = agent.may(Permission.MANAGE_CLOSING) and agent.may(Permission.SEE_ALL)
    mine = Q() if everybodys else Q(agent=agent)
    found = Bulk.objects.filter(mine, workspace_id=agent.workspace_id, verb=Verb.CLOSE)
    return found.select_related("agent", "undoing").order_by("-pk")


def rule_name(agent: Agent, rule_id: int) -> str | None:
    """What the rule is called, or was when it closed last if it is no more; None if there never was one here."""
    rule = Rule.objects.filter(workspace_id=agent.workspace_id, pk=rule_id).first()
    if rule:
        return rule.name
    since = now_for(agent) - CLOSINGS_FOR
    closed = Closure.objects.filter(workspace_id=agent.workspace_id, rule_id=rule_id, closed_at__gte=since)
    return closed.order_by("-closed_at").values_list("rule_name", flat=True).first()


def _rules(agent: Agent) -> list[Source]:
    if not agent.may(Permission.MANAGE_CLOSING):
        return []
    found = closed_lately(agent.workspace_id, now_for(agent) - CLOSINGS_FOR)
    return [Source("rule", each.rule_id, each.name, each.count, each.at) for each in found.values()]


def _flows(agent: Agent) -> list[Source]:
    if not agent.may(Permission.MANAGE_FLOWS):
        return []
    closed = Closure.objects.filter(
        workspace_id=agent.workspace_id, closed_at__gte=now_for(agent) - CLOSINGS_FOR, cause=Cause.FLOW,
        actor_kind=ActorKind.FLOW, undone_at=None,
    )  # fmt: skip
    latest = list(closed.order_by("-closed_at").values_list("actor_id", "closed_at")[:COUNTED])
    runs = Run.objects.filter(pk__in={run_id for run_id, _at in latest}, workspace_id=agent.workspace_id)
    flow_of = dict(runs.values_list("pk", "flow_id"))
    counted = Counter(flow_of[run_id] for run_id, _at in latest if run_id in flow_of)
    last = {flow_of[run_id]: at for run_id, at in reversed(latest) if run_id in flow_of}
    flows = Flow.objects.filter(pk__in=counted)
    return [Source("flow", each.pk, each.name, counted[each.pk], last[each.pk]) for each in flows]


def _bulks(agent: Agent) -> list[Source]:
    now = now_for(agent)
    lately = bulks(agent).filter(ended_at__gt=now - CLOSINGS_FOR, done__gt=0, undoing=None)
    return [
        Source("bulk", each.pk, each.reason, each.done, each.ended_at, each.agent)
        for each in lately[:BULKS]
        if each.ended_at and each.may_be_undone(now)
    ]
