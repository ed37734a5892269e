"""The audit log: who changed which rule, account, role or person. Verbs write it, in their own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from bandeja.people.models import Action, Agent, AuditEntry, Subject

Facts = Sequence[tuple[str, str]]
"""Something field by field as people read it: label and value."""


def record(
    subject: Subject,
    about: Model | int,
    action: Action,
    *,
    workspace_id: int,
    name: str,
    by: Agent | None,
    at: datetime | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> bool:
    """Write an entry, unless nothing changed; answers whether it did. `by` is None for the operator's commands.

    `before` and `after` are plain values, readable when what they name is gone; never a secret.
    """
    if before is not None and before == after:
        return False
    when = {"at": at} if at else {}
    AuditEntry.objects.create(
        workspace_id=workspace_id,
        subject=subject,
        subject_id=about if isinstance(about, int) else about.pk,
        name=name,
        action=action,
        agent_id=by.pk if by else None,
        agent_name=str(by) if by else "",
        before=before,
        after=after,
        **when,
    )
    return True


def of_person(agent: Agent, action: Action, *, by: Agent | None, **more: Any) -> bool:
    """Write what was done to a person."""
    return record(Subject.PERSON, agent, action, workspace_id=agent.workspace_id, name=str(agent), by=by, **more)


def who(entry: AuditEntry) -> str:
    """Who did it, as they were called then."""
    return entry.agent_name or (_("The system") if entry.agent_id is None else _("Someone who is no longer here"))


def differences(before: Facts, after: Facts) -> Iterator[str]:
    """What differs, a line for each field."""
    was, now = dict(before), dict(after)
    for label in {**was, **now}:
        old, new = was.get(label) or "–", now.get(label) or "–"
        if old != new:
            yield _("%(field)s: %(before)s → %(after)s") % {"field": label, "before": old, "after": new}


def listed(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each field that says something, as a line."""
    for label, said in facts:
        if said:
            yield _("%(field)s: %(value)s") % {"field": label, "value": said}
