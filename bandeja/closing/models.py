"""Closing rules, the accounts each covers, the history of their times, what was included, when it was paused, and who
was told of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bandeja.channels.models import Account
from bandeja.conversations.models import ContactField
from bandeja.hours.models import Calendar, CalendarVersion
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
    ids of what is gone name nothing. With `calendar` its time counts only while that is open (closing B1).
    `unheard_amount` and `unheard_unit` are its time for what we began and nobody answered, null and '' where it
    closes none of that (closing N1).
    `warnings` are how long before the end contacts are told of it, as typed ("30 minutes"), the longest first;
    `warning_texts` and `farewell_texts` are what they are told then and once it is closed, by language (closing W1).
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
    unheard_amount = models.PositiveIntegerField(null=True)
    unheard_unit = models.CharField(max_length=10, choices=Unit.choices, db_default="", default="", blank=True)
    warnings = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    warning_texts = models.JSONField(default=dict, db_default={})
    farewell_texts = models.JSONField(default=dict, db_default={})
    calendar = models.ForeignKey(Calendar, on_delete=models.RESTRICT, null=True, related_name="rules", db_index=False)
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

    `answers` is whether it counted from our answers too (closing G1). With `hours` it counts while that version of a
    calendar is open, with `whole_days` in its working days (closing B1). `unheard_seconds` is its time for what we
    began and nobody answered, null where there is none; with `unheard_days` in working days (closing N2).
    """

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="times", db_index=False)
    seconds = models.PositiveIntegerField()
    answers = models.BooleanField(default=False, db_default=False)
    hours = models.ForeignKey(
        CalendarVersion, on_delete=models.RESTRICT, null=True, related_name="times", db_index=False
    )
    whole_days = models.BooleanField(default=False, db_default=False)
    unheard_seconds = models.PositiveIntegerField(null=True)
    unheard_days = models.BooleanField(default=False, db_default=False)
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


UNDO_FOR = timedelta(days=7)
"""How long after its end an inclusion may be taken back."""


class Stage(models.TextChoices):
    """How far an inclusion is; what follows the first two and `UNDOING` is the worker's to do."""

    FINDING = "finding"
    INCLUDING = "including"
    ENDED = "ended"
    UNDOING = "undoing"
    UNDONE = "undone"


UNDER_WAY = (Stage.FINDING, Stage.INCLUDING, Stage.UNDOING)


class Halt(models.TextChoices):
    """Why an inclusion, or its undoing, ended before its time; what it had done stands."""

    CANCELLED = "cancelled"
    LEFT = "left"
    """Whoever asked for it may not any more."""
    DELETED = "deleted"
    OFF = "off"
    NO_PLAN = "no_plan"
    FAILED = "failed"
    """Something went wrong that trying again would not change."""


class Inclusion(models.Model):
    """That somebody had the open conversations of a rule's accounts included that had no clock (closing I1 to I4).

    The rule is kept as plain values, for it may go. `with_save` says that it was asked for as the rule was saved.
    `total` were found, `cursor` counts the batches done. Each ends in `included`, in `uncovered`, whose account the
    rule covers no more without a gap since `created_at`, or in `passed`, that stood otherwise by then. Undoing goes
    through the batches again: each that was included ends in `excluded` or in `kept`, which somebody wrote in or
    closed since. `rung_at` is when its progress was last told. `undone_by` is who takes it back.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule_id = models.BigIntegerField()
    rule_name = models.TextField()
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    with_save = models.BooleanField(default=False)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.FINDING)
    halted = models.CharField(max_length=10, choices=Halt.choices, blank=True, default="")
    total = models.IntegerField(default=0)
    cursor = models.IntegerField(default=0)
    included = models.IntegerField(default=0)
    uncovered = models.IntegerField(default=0)
    passed = models.IntegerField(default=0)
    excluded = models.IntegerField(default=0)
    kept = models.IntegerField(default=0)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    stepped_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "inclusion"
        indexes: ClassVar = [
            models.Index(fields=["stepped_at"], condition=Q(stage__in=UNDER_WAY), name="inclusion_under_way"),
            models.Index(fields=["workspace", "rule_id", "-id"], name="inclusion_of_rule"),
        ]

    @property
    def is_under_way(self) -> bool:
        return self.stage in UNDER_WAY

    @property
    def settled(self) -> int:
        """How many of those found have been decided on."""
        return self.included + self.uncovered + self.passed

    @property
    def decided(self) -> int:
        """How many of those included have been decided on by its undoing."""
        return self.excluded + self.kept

    def may_be_undone(self, now: datetime) -> bool:
        """Whether there is something to take back, and still time."""
        over = self.stage == Stage.ENDED and self.ended_at is not None and self.ended_at + UNDO_FOR > now
        return over and self.included > 0


class InclusionBatch(models.Model):
    """Some of the conversations of an inclusion, decided on together; `position` counts from 0.

    `ids` are those found, and from `at` on those included at that instant; forgotten once it is too late to take them
    back. `mark` is the last message there was then: one that is newer shows that the contact has written since.
    """

    inclusion = models.ForeignKey(Inclusion, on_delete=models.CASCADE, related_name="batches", db_index=False)
    position = models.IntegerField()
    ids = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(null=True)
    mark = models.BigIntegerField(null=True)

    class Meta:
        db_table = "inclusion_batch"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inclusion", "position"], name="inclusion_batch_in_order")
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="inclusion_batch_at")]


class Warned(models.Model):
    """The last warning of a conversation's clock: `ordinal` of its rule's counts from 1 (closing W3).

    `at` is when it was written, or it was noted that it could not be; `armed_at` is the clock it was of.
    """

    conversation_id = models.BigIntegerField(primary_key=True)
    ordinal = models.SmallIntegerField()
    armed_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "warning"
        indexes: ClassVar = [models.Index(fields=["at"], name="warning_at")]


class Farewell(models.Model):
    """That a rule which says so closed a conversation and its contact is still to be told (closing W6).

    The row is written with the closing, and goes in the transaction that tells them, or decides that nobody will.
    """

    conversation_id = models.BigIntegerField(primary_key=True)
    rule_id = models.BigIntegerField()
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "farewell"
