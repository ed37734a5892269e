"""Changing of a rule only what somebody says, from how it is at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from bandeja.closing import rules
from bandeja.closing.draft import Draft
from bandeja.closing.models import Rule
from bandeja.people.models import Agent, Workspace


def amend(
    workspace: Workspace,
    rule_id: int,
    change: Callable[[Rule], Draft],
    *,
    by: Agent | None,
    version: int | None = None,
    at: datetime | None = None,
) -> Rule:
    """Save what `change` makes of the rule; two at once follow one another, and lose nothing of each other's.

    Raises what `rules.save` raises.
    """
    with transaction.atomic():
        # Whoever saves a rule holds its workspace, so what is read here is what it is saved from.
        held = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        draft = change(Rule.objects.prefetch_related("coverage").get(pk=rule_id, workspace=held))
        return rules.save(held, draft, by=by, rule_id=rule_id, version=version, at=at)
