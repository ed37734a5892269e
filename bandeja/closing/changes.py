"""The audit trail of rules as people read it (closing R4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bandeja.closing import words
from bandeja.closing.models import Rule, RuleChange
from bandeja.people.models import Agent, Workspace

LATEST = 20


@dataclass(frozen=True)
class Change:
    """Who did what to a rule, when, and what it changed."""

    who: str
    what: str
    at: datetime
    details: Sequence[str]


def latest(workspace: Workspace) -> list[Change]:
    """The workspace's latest changes, the newest first."""
    rows = list(RuleChange.objects.filter(workspace_id=workspace.pk).order_by("-at", "-pk")[:LATEST])
    people = Agent.objects.in_bulk([row.agent_id for row in rows if row.agent_id])
    return [_change(row, people.get(row.agent_id or 0)) for row in rows]


def last_change(rule: Rule) -> Change | None:
    """The change that made the rule what it is."""
    row = RuleChange.objects.filter(workspace_id=rule.workspace_id, rule_id=rule.pk).order_by("-at", "-pk").first()
    return _change(row, Agent.objects.filter(pk=row.agent_id or 0).first()) if row else None


def _change(row: RuleChange, agent: Agent | None) -> Change:
    before, after = row.before, row.after
    known: dict[str, Any] = after or before or {}
    what = _what(before, after) % {"rule": known.get("name", "")}
    details = list(_details(before, after)) if before and after else []
    return Change(_who(row, agent), what, row.at, details)


def _who(row: RuleChange, agent: Agent | None) -> str:
    if row.agent_id is None:
        return _("The system")
    return str(agent or _("Someone who is no longer here"))


def _what(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if not before:
        return _("created the rule “%(rule)s”")
    if not after:
        return _("deleted the rule “%(rule)s”")
    if {**before, "active": after["active"]} != after:
        return _("changed the rule “%(rule)s”")
    return _("turned on the rule “%(rule)s”") if after["active"] else _("turned off the rule “%(rule)s”")


def _details(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for (label, old), (_label, new) in zip(_facts(before), _facts(after), strict=True):
        if old != new:
            yield _("%(field)s: %(before)s → %(after)s") % {"field": label, "before": old, "after": new}


def _facts(rule: dict[str, Any]) -> list[tuple[str, str]]:
    return words.facts(
        active=rule["active"],
        name=rule["name"],
        time=words.span(rule["amount"], rule["unit"]),
        names=[account["name"] for account in rule["accounts"]],
        reason=rule["reason"],
    )
