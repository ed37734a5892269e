"""What rules closed of late, and may be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from bandeja.conversations.models import Cause, Closure

DAYS = timedelta(days=7)
"""How long closings may be taken back (closing U1)."""
COUNTED = 20_000
"""The most closings of a workspace that are counted, the latest: a page shows them."""


@dataclass(frozen=True, slots=True)
class Lately:
    """What a rule closed since some instant and nobody has taken back; `at` is the last time."""

    rule_id: int
    name: str
    count: int
    at: datetime


def closed_lately(workspace_id: int, since: datetime) -> Mapping[int, Lately]:
    """By the rule's id, those that are no more among them: the latest `COUNTED` closings."""
    closed = Closure.objects.filter(
        workspace_id=workspace_id, closed_at__gte=since, cause=Cause.RULE, rule_id__isnull=False, undone_at=None
    )
    latest = Closure.objects.filter(pk__in=closed.order_by("-closed_at").values("pk")[:COUNTED])
    counted = latest.order_by().values("rule_id").annotate(n=Count("pk"), at=Max("closed_at"), name=Max("rule_name"))
    found = [Lately(int(row["rule_id"] or 0), row["name"], row["n"], row["at"]) for row in counted]
    return {each.rule_id: each for each in found}
