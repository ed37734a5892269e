"""Flows as they are drafted and published, their runs, and what each run did."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bandeja.conversations.models import Contact, Conversation
from bandeja.people.models import BandejaNow, Workspace

NAME_LENGTH = 80


class Flow(models.Model):
    """What starts it and what it does, as somebody drafts it; what runs is the published `version`.

    `revision` counts the changes of the draft: a form carries the one it was opened with. Events numbered up to
    `after_number` are not its concern: it was turned on after them.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="flows")
    name = models.CharField(max_length=NAME_LENGTH)
    active = models.BooleanField(default=False, db_default=False)
    draft = models.JSONField()
    revision = models.IntegerField(default=1, db_default=1)
    version = models.ForeignKey("Version", on_delete=models.RESTRICT, null=True, related_name="+", db_index=False)
    after_number = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "flow"
        constraints: ClassVar = [
            models.UniqueConstraint("workspace", Lower("name"), name="flow_name_once"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="flow_has_a_name"),
            models.CheckConstraint(
                condition=Q(active=False) | Q(version__isnull=False), name="flow_on_has_a_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """A flow as it was published: the database refuses to edit it. Whoever is inside a run stays on its version.

    `event_kind` and `start` repeat what of the definition says which events start it.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()
    definition = models.JSONField()
    event_kind = models.CharField(max_length=30)
    start = models.JSONField()
    published_at = models.DateTimeField(db_default=BandejaNow())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )

    class Meta:
        db_table = "flow_version"
        constraints: ClassVar = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")]


class State(models.TextChoices):
    """Where a run is. One that is watched for has not begun: somebody may answer before its time is over."""

    WATCHING = "watching", _("About to start")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    PARKED = "parked", _("Held back")


class Run(models.Model):
    """One execution of a flow in a conversation, on the version it began with.

    `position` is the step that comes next, blank after the last; `due_at` when it is taken, null when none will be.
    `heard_id` is the newest inbound message as of its latest sending, else of its beginning: what is newer is an
    answer. `chain` are the flows whose effects led to it. `data` is what its event told. `taken` counts its steps.
    `calling` is committed before an address outside is called: one that is due and still says so was interrupted.
    The conversation's key is not checked: the check would lock it, in another order than everybody else.
    """

    workspace_id = models.BigIntegerField()
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="runs", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    position = models.CharField(max_length=20, default="", db_default="")
    due_at = models.DateTimeField(null=True)
    awaits_reply = models.BooleanField(default=False, db_default=False)
    heard_id = models.BigIntegerField(null=True)
    chain = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    event_number = models.BigIntegerField()
    calling = models.BooleanField(default=False, db_default=False)
    data = models.JSONField(default=dict, db_default={})
    taken = models.IntegerField(default=0, db_default=0)
    tries = models.SmallIntegerField(default=0, db_default=0)
    why = models.CharField(max_length=30, default="", db_default="")
    started_at = models.DateTimeField(db_default=BandejaNow())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flow_run"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flow", "event_number"], name="flow_run_once_by_event"),
            models.UniqueConstraint(
                fields=["flow", "conversation"], condition=Q(state=State.WATCHING), name="flow_run_watched_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace_id", "due_at"], condition=Q(due_at__isnull=False), name="flow_run_due"),
            models.Index(fields=["conversation"], condition=Q(awaits_reply=True), name="flow_run_awaiting"),
            models.Index(fields=["conversation", "-id"], name="flow_run_of_conversation"),
            models.Index(fields=["flow", "-id"], name="flow_run_of_flow"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="flow_run_prunable"),
        ]


class Outcome(models.TextChoices):
    """What became of a step."""

    DONE = "done", _("Done")
    SENT = "sent", _("Sent")
    YES = "yes", _("Yes")
    NO = "no", _("No")
    WAITING = "waiting", _("Waiting")
    SKIPPED = "skipped", _("Passed over")
    HELD = "held", _("Held back")
    FAILED = "failed", _("Failed")


class Taken(models.Model):
    """One step that a run took: when, and what became of it. `why` is a word of `words.WHY`; never edited."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="log", db_index=False)
    number = models.IntegerField()
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    step = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    why = models.CharField(max_length=30, default="", db_default="")
    at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "flow_taken"
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "number"], name="flow_taken_once")]
        indexes: ClassVar = [models.Index(fields=["contact", "at"], name="flow_taken_of_contact")]


class Turn(models.Model):
    """Who had the latest turn at a step of a flow that gives conversations away in turn."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="turns", db_index=False)
    step = models.CharField(max_length=20)
    agent_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "flow_turn"
        constraints: ClassVar = [models.UniqueConstraint(fields=["flow", "step"], name="flow_turn_of_step")]


class Cursor(models.Model):
    """The number of the last event that was looked at; one row, and whoever dispatches holds it."""

    number = models.BigIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "flow_cursor"
