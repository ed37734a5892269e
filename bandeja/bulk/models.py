"""A bulk action as it was asked for and how far it is, and the batches of conversations it goes through."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bandeja.people.models import BandejaNow, Workspace

UNDO_FOR = timedelta(minutes=2)
"""How long after its end an action may be undone."""
CLOSINGS_FOR = timedelta(days=7)
"""How long after them closings may be taken back, whoever closed (closing U1); the settings say the same of rules."""


class Verb(models.TextChoices):
    CLOSE = "close"
    ASSIGN = "assign"
    TAG = "tag"
    UNTAG = "untag"
    READ = "read"
    UNREAD = "unread"
    UNDO = "undo"


class Halt(models.TextChoices):
    """Why an action ended before its time; what it had done stands."""

    CANCELLED = "cancelled"
    LEFT = "left"
    """Whoever asked for it is no longer active."""
    NO_OWNER = "no_owner"
    """The owner it gave conversations to is no longer active, or the team is gone."""
    NO_TAG = "no_tag"
    """The tags it put on are gone."""
    NOT_ALLOWED = "not_allowed"
    """Whoever asked for it may do so no longer."""
    FAILED = "failed"
    """Something went wrong that trying again would not change."""


class Bulk(models.Model):
    """What a person does to many conversations: those they chose, or all that matched `query`.

    `query` is the end of the list's address. `confirmed_at` is the instant they decided on: whoever wrote later is
    not closed (closing D1). `frozen_at` is when what matched was written down, `total` how many that were; null until
    then. `cursor` counts the batches done. Every conversation ends in one of the counts: `done`; `newer`, whose
    contact has just written, or, of closings that are undone, in which somebody wrote since; `already`, that were so
    before; `changed`, that matched no longer, or, for an undoing, that somebody touched since; `ownerless`, whose
    contact nobody has, so that there is nobody to give them to; `unavailable`, out of the person's reach by then;
    `failed`, refused by the database. `owner`, `team_id` and `contacts_owner` are a `To`; `gives` says whether there
    is one. An undoing is of another action, `undoes`, or of what a rule or a flow closed from `since` until just
    before `until`; `name` is what that was called then.
    `rung_at` is when its progress was last told. `read_at` is when the person took note of how it ended.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulks", db_index=False
    )
    verb = models.CharField(max_length=10, choices=Verb.choices)
    query = models.TextField(null=True)
    reason = models.TextField(blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    team_id = models.BigIntegerField(null=True)
    contacts_owner = models.BooleanField(default=False)
    gives = models.BooleanField(default=False)
    tags = ArrayField(models.BigIntegerField(), default=list)
    undoes = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="undoing")
    rule_id = models.BigIntegerField(null=True)
    flow_id = models.BigIntegerField(null=True)
    name = models.TextField(blank=True, default="", db_default="")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=BandejaNow())
    frozen_at = models.DateTimeField(null=True)
    total = models.IntegerField(default=0)
    cursor = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    newer = models.IntegerField(default=0)
    already = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    ownerless = models.IntegerField(default=0)
    unavailable = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    halted = models.CharField(max_length=11, choices=Halt.choices, blank=True, default="")
    stepped_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bulk"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(verb=Verb.CLOSE) | Q(reason__regex=r"\S"), name="bulk_has_a_reason"),
            models.CheckConstraint(condition=Q(halted="") | Q(ended_at__isnull=False), name="bulk_halted_is_over"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "stepped_at"], condition=Q(ended_at=None), name="bulk_under_way"),
            models.Index(fields=["agent", "-id"], name="bulk_of_agent"),
        ]

    @property
    def settled(self) -> int:
        """How many conversations have been decided on."""
        left_out = self.newer + self.already + self.changed + self.ownerless + self.unavailable + self.failed
        return self.done + left_out

    @property
    def left_over(self) -> int:
        """How many it never came to."""
        return self.total - self.settled

    def may_be_undone(self, now: datetime) -> bool:
        """Whether there is something to take back, and still time."""
        lasts = CLOSINGS_FOR if self.verb == Verb.CLOSE else UNDO_FOR
        over = self.ended_at is not None and self.ended_at + lasts > now
        return over and self.done > 0 and self.verb != Verb.UNDO and not hasattr(self, "undoing")

    @property
    def undoes_closings(self) -> bool:
        """Whether it opens again what was closed."""
        return self.verb == Verb.UNDO and (self.undoes is None or self.undoes.verb == Verb.CLOSE)


class Batch(models.Model):
    """Some of the conversations of an action, decided on together; `position` counts from 0.

    `before` is what those it changed had before, an object each: id, owner, team, unread, last_inbound_id, which
    they had of the tags it is about, and where it closed them armed_at, closure and how they were kept open or
    withheld. `mark` is the last event there was then: one that is newer shows that somebody has touched a
    conversation since. Of an undoing, `before` is what it is to bring back; where closings of a rule or a flow are,
    each has a mark of its own.
    """

    bulk = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="batches", db_index=False)
    position = models.IntegerField()
    ids = ArrayField(models.BigIntegerField())
    before = models.JSONField(null=True)
    mark = models.BigIntegerField(null=True)

    class Meta:
        db_table = "bulk_batch"
        constraints: ClassVar = [models.UniqueConstraint(fields=["bulk", "position"], name="bulk_batch_in_order")]
