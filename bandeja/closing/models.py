"""Closing rules, the accounts each covers, the history of their times, and when closing was paused."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bandeja.channels.models import Account
from bandeja.people.models import BandejaNow, Workspace


class Unit(models.TextChoices):
    MINUTES = "minutes", _("minutes")
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")


SECONDS_PER_UNIT = {Unit.MINUTES: 60, Unit.HOURS: 3_600, Unit.DAYS: 86_400}
LONGEST = 365 * 86_400
"""The longest time a rule may have, in seconds (closing R1)."""
REASON_LENGTH = 200


class Rule(models.Model):
    """After so long without inbound, close with this reason, on these accounts (closing R1).

    `version` counts the saves: a form carries the one it was opened with (closing R4).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=80)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=10, choices=Unit.choices)
    reason = models.CharField(max_length=REASON_LENGTH)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=BandejaNow())
    saved_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "rule"
        constraints: ClassVar = [
            models.UniqueConstraint("workspace", Lower("name"), name="rule_name_once"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="rule_time_positive"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="rule_has_a_reason"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seconds(self) -> int:
        return self.amount * SECONDS_PER_UNIT[Unit(self.unit)]


class RuleTime(models.Model):
    """One time of a rule and the stretch it was in force: from `since` until `until`, null while it still is."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="times", db_index=False)
    seconds = models.PositiveIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "rule_time"
        indexes: ClassVar = [models.Index(fields=["rule", "until"], name="rule_time_history")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule"], condition=Q(until=None), name="rule_time_one_in_force")
        ]


class Coverage(models.Model):
    """An account in a rule's list. `covered_since` is null while the rule is off (closing R3, R7)."""

    workspace_id = models.BigIntegerField()
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="coverage", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="coverage", db_index=False)
    covered_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "coverage"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "account"], name="coverage_once_in_rule"),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(covered_since__isnull=False),
                name="coverage_one_active_rule",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account"], name="coverage_of_account")]


class Pause(models.Model):
    """A stretch in which nothing closes by a rule: on all accounts, or on one with a fault (closing H1, H4).

    `until` is null while it lasts. `why` is what whoever paused said, '' where a fault did; `agent_name` is what they
    were called then. `mended_at` is when the fault was over, while what was missed is still fetched. `settled` once
    the sweep has looked at every clock that it withheld: nobody needs to know of it any more to tell a deadline.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="pauses", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="pauses", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    why = models.CharField(max_length=REASON_LENGTH, blank=True)
    agent_id = models.BigIntegerField(null=True)
    agent_name = models.TextField(blank=True)
    mended_at = models.DateTimeField(null=True)
    settled = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "pause"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(account=None, why__regex=r"\S") | Q(account__isnull=False, why=""),
                name="pause_by_somebody_has_a_reason",
            ),
            models.UniqueConstraint(fields=["workspace"], condition=Q(account=None, until=None), name="pause_of_all"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(account__isnull=False, until=None), name="pause_of_account"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace"], condition=Q(settled=False), name="pause_unsettled"),
            models.Index(fields=["workspace", "-since"], name="pause_history"),
        ]

    @property
    def length(self) -> timedelta | None:
        """How long it lasted; None while it does."""
        return self.until - self.since if self.until else None


class Sweeping(models.Model):
    """That the sweep runs: one row. `ran_at` is written every few seconds; once it had not run for long, `stopped_at`
    is since when, and closings wait until `resumes_at` (closing H5).
    """

    ran_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    resumes_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sweeping"


class Setback(models.Model):
    """A conversation that failed to close and stepped aside, so that it delays no other (closing D6)."""

    conversation_id = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField()
    failures = models.PositiveIntegerField(default=1)
    error = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "setback"
