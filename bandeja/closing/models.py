"""Closing rules, the accounts each covers, and the history of their times."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bandeja.channels.models import Account
from bandeja.conversations.models import ContactField
from bandeja.people.models import Agent, BandejaNow, Team, Workspace


class Unit(models.TextChoices):
    MINUTES = "minutes", _("minutes")
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")


SECONDS_PER_UNIT = {Unit.MINUTES: 60, Unit.HOURS: 3_600, Unit.DAYS: 86_400}
LONGEST = 365 * 86_400
"""The longest time a rule may have, in seconds (closing R1)."""
REASON_LENGTH = 200


class Since(models.TextChoices):
    """What a rule's time counts from (closing G1)."""

    CONTACT = "contact", _("the contact's last message")
    EITHER = "either", _("the last message, theirs or ours")
    ANSWER = "answer", _("our last answer")


class Waiting(models.TextChoices):
    """What a rule does when the time is over and the contact waits for an answer (closing G2)."""

    CLOSE = "close", _("Close it all the same")
    TELL = "tell", _("Leave it open and tell its owner")
    GIVE = "give", _("Leave it open and give it to")
    FREE = "free", _("Leave it open, without an owner")


class Rule(models.Model):
    """After so long without inbound, close with this reason, on these accounts (closing R1).

    `version` counts the saves: a form carries the one it was opened with (closing R4). With Waiting.GIVE what waits
    is given to `waiting_agent` or `waiting_team`; where both are null, for they are gone, it stays with who has it.
    The `exempt_` ones name what it spares: tags, owners, and whose `exempt_field` says `exempt_value` (closing G3);
    ids of what is gone name nothing.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=80)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=10, choices=Unit.choices)
    reason = models.CharField(max_length=REASON_LENGTH)
    active = models.BooleanField(default=True)
    since = models.CharField(max_length=10, choices=Since.choices, db_default=Since.CONTACT, default=Since.CONTACT)
    waiting = models.CharField(
        max_length=10, choices=Waiting.choices, db_default=Waiting.CLOSE, default=Waiting.CLOSE
    )
    waiting_agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    waiting_team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    exempt_tags = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    exempt_owners = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    exempt_field = models.ForeignKey(
        ContactField, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    exempt_value = models.TextField(default="", db_default="", blank=True)
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
    """One time of a rule and the stretch it was in force: from `since` until `until`, null while it still is.

    `answers` is whether it counted from our answers too (closing G1).
    """

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="times", db_index=False)
    seconds = models.PositiveIntegerField()
    answers = models.BooleanField(default=False, db_default=False)
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


class Setback(models.Model):
    """A conversation that failed to close and stepped aside, so that it delays no other (closing D6)."""

    conversation_id = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField()
    failures = models.PositiveIntegerField(default=1)
    error = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "setback"
