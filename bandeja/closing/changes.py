"""What the audit log says of rules and pauses, as people read it (closing R4, H1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bandeja.closing import courtesy_told, words
from bandeja.closing.models import Rule
from bandeja.closing.spans import span
from bandeja.people import audit
from bandeja.people.models import Action, AuditEntry, Subject, Workspace
from bandeja.web import times

LATEST = 20
PAUSES = Q(subject=Subject.WORKSPACE, action__in=[Action.CLOSING_PAUSED, Action.CLOSING_RESUMED])
BESIDE = (Action.CLOSINGS_UNDONE, Action.CLOSING_INCLUDED, Action.INCLUSION_UNDONE)
"""What is written down of a rule that is no change of it."""


@dataclass(frozen=True)
class Change:
    """Who did what, when, and what it changed."""

    who: str
    what: str
    at: datetime
    details: Sequence[str]


def latest(workspace: Workspace) -> list[Change]:
    """The workspace's latest changes, the newest first."""
    return [_change(entry) for entry in _entries(workspace.pk, PAUSES)[:LATEST]]


def last_change(rule: Rule) -> Change | None:
    """The change that made the rule what it is."""
    entry = _entries(rule.workspace_id).filter(subject_id=rule.pk).exclude(action__in=BESIDE).first()
    return _change(entry) if entry else None


def _entries(workspace_id: int, also: Q = Q(pk=None)) -> QuerySet[AuditEntry]:  # noqa: B008  a Q is never changed
    about = Q(subject=Subject.RULE) | also
    return AuditEntry.objects.filter(about, workspace_id=workspace_id).order_by("-pk")


def _change(entry: AuditEntry) -> Change:
    before, after = entry.before, entry.after
    if entry.subject == Subject.WORKSPACE:
        return Change(audit.who(entry), what(entry), entry.at, [(after or {}).get("why", "")])
    details = list(audit.differences(facts(before), facts(after))) if before and after else []
    if entry.action == Action.CLOSINGS_UNDONE and after:
        details = list(audit.listed(closings(after)))
    return Change(audit.who(entry), what(entry), entry.at, details)


def what(entry: AuditEntry) -> str:
    """What was done, as the end of a sentence that begins with who did it."""
    if entry.subject == Subject.WORKSPACE:
        return _("paused closing") if entry.action == Action.CLOSING_PAUSED else _("resumed closing")
    if entry.action == Action.CLOSINGS_UNDONE:
        return _("took back what the rule “%(rule)s” had closed") % {"rule": entry.name}
    return _what(entry.before, entry.after) % {"rule": entry.name}


def _what(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if not before:
        return _("created the rule “%(rule)s”")
    if not after:
        return _("deleted the rule “%(rule)s”")
    if {**before, "active": after["active"]} != after:
        return _("changed the rule “%(rule)s”")
    return _("turned on the rule “%(rule)s”") if after["active"] else _("turned off the rule “%(rule)s”")


def facts(rule: Mapping[str, Any]) -> audit.Facts:
    """A rule as the log keeps it, field by field; or between which instants its closings were taken back."""
    if "amount" not in rule:
        return closings(rule)
    told = words.facts(
        active=rule["active"],
        name=rule["name"],
        time=span(rule["amount"], rule["unit"]),
        names=[account["name"] for account in rule["accounts"]],
        reason=rule["reason"],
        options=rule,
    )
    return [*told, *courtesy_told.facts(rule)]


def closings(asked: Mapping[str, Any]) -> audit.Facts:
    """Between which instants closings were taken back, if they were."""
    labels = {"since": _("Closed from"), "until": _("Closed until")}
    return [
        (label, times.moment(datetime.fromisoformat(asked[key]))) for key, label in labels.items() if key in asked
    ]
