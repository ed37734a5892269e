"""The verbs of closing rules: save, switch off, switch on, delete. They write no conversation (closing R6, R8, R9).

Each is one transaction. It locks the workspace, passes the gates of every account it concerns alone, locks the
rule, and only then stamps its instant and decides. Two verbs in one workspace thus follow one another, no message
falls between "not yet covered" and "covered since", and after an off-switch nothing closes by the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from bandeja.channels import gate
from bandeja.channels.models import Account
from bandeja.closing import courtesy_told, options_told
from bandeja.closing.by_hours import in_force
from bandeja.closing.coverage import is_entitled
from bandeja.closing.draft import Draft, Invalid, tidy
from bandeja.closing.models import Coverage, Rule
from bandeja.closing.options import Options
from bandeja.conversations.bell import ring_all
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

__all__ = [
    "Draft",
    "Invalid",
    "NameTaken",
    "NotEntitled",
    "Stale",
    "Taken",
    "delete",
    "save",
    "switch_off",
    "switch_on",
]


class NotEntitled(Exception):
    """The workspace's plan has no closing rules: it needs Pro with the Inbox add-on (closing R5)."""


class NameTaken(Exception):
    """Another rule of the workspace has that name."""


class Taken(Exception):
    """Other active rules hold some of the accounts: `holders` are `(account, rule's name)` (closing R3)."""

    def __init__(self, holders: Sequence[tuple[Account, str]]) -> None:
        super().__init__("; ".join(f"{account.name} is in the rule {name}" for account, name in holders))
        self.holders = holders


class Stale(Exception):
    """Somebody changed the rule since it was opened; `current` is how it is now (closing R4)."""

    def __init__(self, current: Rule) -> None:
        super().__init__(f"The rule {current.name} is at version {current.version} by now.")
        self.current = current


def save(
    workspace: Workspace,
    draft: Draft,
    *,
    by: Agent | None,
    rule_id: int | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> Rule:
    """Make a rule, or change the one of this id. Accounts that stay in an active rule keep their cover (closing R7).
    What changes nothing is no save: the rule stays at its version.

    Raises NotEntitled, Invalid, Stale, NameTaken, Taken, Rule.DoesNotExist.
    """
    with transaction.atomic():
        workspace = _lock(workspace)
        _require_plan(workspace)
        draft = tidy(draft, workspace, Rule.objects.get(pk=rule_id, workspace=workspace) if rule_id else None)
        rule = _enter(workspace, rule_id, draft.account_ids) if rule_id else None
        if rule is None:
            gate.enter_alone(draft.account_ids)
        else:
            _require_version(rule, version)
        return _write(rule or Rule(workspace=workspace, version=0), draft, by, at or database_now())


def switch_off(
    rule_id: int,
    *,
    workspace: Workspace,
    by: Agent | None,
    at: datetime | None = None,
    version: int | None = None,
) -> bool:
    """Stop closing by this rule at once; its clocks are void for ever (closing R7). Answers whether it was on.

    Allowed without the plan too. Raises Stale, Rule.DoesNotExist.
    """
    with transaction.atomic():
        rule = _enter(_lock(workspace), rule_id)
        _require_version(rule, version)
        return _switch(rule, by, at or database_now(), active=False)


def switch_on(
    rule_id: int,
    *,
    workspace: Workspace,
    by: Agent | None,
    at: datetime | None = None,
    version: int | None = None,
) -> bool:
    """Start closing by this rule: a new start for all its accounts (closing R7). Answers whether it was off.

    Raises NotEntitled, Stale, Taken, Rule.DoesNotExist.
    """
    with transaction.atomic():
        workspace = _lock(workspace)
        _require_plan(workspace)
        rule = _enter(workspace, rule_id)
        _require_version(rule, version)
        _require_free(rule, _account_ids(rule))
        return _switch(rule, by, at or database_now(), active=True)


def delete(rule_id: int, *, workspace: Workspace, by: Agent | None, at: datetime | None = None) -> bool:
    """Delete a rule; what it closed keeps its name and reason. Answers whether there was one."""
    with transaction.atomic():
        try:
            rule = _enter(_lock(workspace), rule_id)
        except Rule.DoesNotExist:
            return False
        before, now = _snapshot(rule), at or database_now()
        rule.delete()
        _record(workspace.pk, rule_id, by, now, before=before, after=None)
    return True


def _lock(workspace: Workspace) -> Workspace:
    """The workspace as it is, held: its plan and its rules stay so until the transaction ends."""
    return Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _enter(workspace: Workspace, rule_id: int, account_ids: Sequence[int] = ()) -> Rule:
    """This rule of the workspace, locked behind the gates of its accounts and of `account_ids`."""
    listed = Coverage.objects.filter(rule_id=rule_id, workspace_id=workspace.pk)
    gate.enter_alone([*account_ids, *listed.values_list("account_id", flat=True)])
    return Rule.objects.select_for_update().get(pk=rule_id, workspace=workspace)


def _require_plan(workspace: Workspace) -> None:
    if not is_entitled(workspace):
        raise NotEntitled("Closing rules need the plan Pro with the Inbox add-on.")


def _require_version(rule: Rule, version: int | None) -> None:
    if version is not None and version != rule.version:
        raise Stale(rule)


def _require_free(rule: Rule, account_ids: Sequence[int]) -> None:
    held = Coverage.objects.filter(account_id__in=account_ids, covered_since__isnull=False)
    if rule.pk:
        held = held.exclude(rule=rule)
    holders = [(entry.account, entry.rule.name) for entry in held.select_related("account", "rule")]
    if holders:
        raise Taken(holders)


def _write(rule: Rule, draft: Draft, by: Agent | None, now: datetime) -> Rule:
    draft = replace(draft, name=_free_name(rule, draft.name))
    if rule.pk and draft == Draft.of(rule):
        return rule
    before = _snapshot(rule) if rule.pk else None
    rule.name = draft.name
    rule.amount, rule.unit, rule.reason = draft.amount, draft.unit, draft.reason
    rule.active, rule.version, rule.saved_at = draft.active, rule.version + 1, now
    for column, value in {**draft.options.columns(), **draft.courtesy.columns()}.items():
        setattr(rule, column, value)
    if rule.active:
        _require_free(rule, draft.account_ids)
    if not rule.pk:
        rule.created_at = now
    rule.save()
    run(rule, now)
    _list(rule, draft.account_ids)
    _cover(rule, now)
    _record(rule.workspace_id, rule.pk, by, now, before=before, after=_snapshot(rule))
    return rule


def _free_name(rule: Rule, name: str) -> str:
    """That name, or the next free "Rule N" when it is blank. Raises NameTaken."""
    others = Rule.objects.filter(workspace=rule.workspace_id).exclude(pk=rule.pk or 0)
    if name:
        if others.alias(lowered=Lower("name")).filter(lowered=Lower(Value(name))).exists():
            raise NameTaken(f"Another rule is called {name}.")
        return name
    taken = {other.casefold() for other in others.values_list("name", flat=True)}
    numbered = (_("Rule %(number)d") % {"number": number} for number in range(1, len(taken) + 2))
    return next(free for free in numbered if free.casefold() not in taken)


def _switch(rule: Rule, by: Agent | None, now: datetime, *, active: bool) -> bool:
    if rule.active == active:
        return False
    before = _snapshot(rule)
    rule.active, rule.version, rule.saved_at = active, rule.version + 1, now
    rule.save(update_fields=["active", "version", "saved_at"])
    _cover(rule, now)
    _record(rule.workspace_id, rule.pk, by, now, before=before, after=_snapshot(rule))
    return True


def run(rule: Rule, now: datetime) -> None:
    """Put the rule's time in force from `now`: two rows, however many clocks run by it (closing R8)."""
    options = Options.of(rule)
    counts = {"answers": options.counts_answers, "unheard_seconds": options.unheard_seconds}
    said = {"seconds": rule.seconds, **counts, **in_force(rule)}
    current = rule.times.filter(until=None)
    if current.exclude(**said).update(until=now) or not current.exists():
        rule.times.create(**said, since=now)


def _list(rule: Rule, account_ids: Sequence[int]) -> None:
    """Make these the rule's accounts. Those that stay are left as they are; those removed are forgotten."""
    rule.coverage.exclude(account_id__in=account_ids).delete()
    Coverage.objects.bulk_create(
        Coverage(workspace_id=rule.workspace_id, rule=rule, account_id=account_id)
        for account_id in sorted(set(account_ids) - set(_account_ids(rule)))
    )


def _cover(rule: Rule, now: datetime) -> None:
    """Cover from `now` what an active rule does not cover yet; a rule that is off covers nothing."""
    if rule.active:
        rule.coverage.filter(covered_since=None).update(covered_since=now)
    else:
        rule.coverage.update(covered_since=None)


def _account_ids(rule: Rule) -> list[int]:
    return list(rule.coverage.order_by("account_id").values_list("account_id", flat=True))


def _snapshot(rule: Rule) -> dict[str, Any]:
    """The rule as the audit log keeps it: plain values, readable after its accounts are gone (closing R4)."""
    accounts = rule.coverage.order_by("account_id").values("account_id", "account__name")
    return {
        "name": rule.name,
        "amount": rule.amount,
        "unit": rule.unit,
        "reason": rule.reason,
        "active": rule.active,
        "accounts": [{"id": entry["account_id"], "name": entry["account__name"]} for entry in accounts],
        **options_told.snapshot(rule),
        **courtesy_told.snapshot(rule),
    }


def _record(
    workspace_id: int,
    rule_id: int,
    by: Agent | None,
    now: datetime,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Write the change into the audit log, and let open threads show what their clocks are now."""
    if before != after:
        ring_all(workspace_id)
        action = Action.DELETED if after is None else Action.CHANGED if before else Action.CREATED
        name = (after or before or {})["name"]
        audit.record(
            Subject.RULE,
            rule_id,
            action,
            workspace_id=workspace_id,
            name=name,
            by=by,
            at=now,
            before=before,
            after=after,
        )
