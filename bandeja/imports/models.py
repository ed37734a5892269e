"""A file of contacts somebody handed over, its rows as they were understood, and tags that wait with a contact."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bandeja.conversations.models import Contact, Tag
from bandeja.people.models import BandejaNow, Workspace


class Stage(models.TextChoices):
    """How far an import is; what follows `READING` and `WRITING` is the worker's to do."""

    MATCHING = "matching", _("Columns to be chosen")
    READING = "reading", _("Being read")
    READY = "ready", _("To be confirmed")
    WRITING = "writing", _("Being imported")
    DONE = "done", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")
    HALTED = "halted", _("Stopped")


UNDER_WAY = (Stage.READING, Stage.WRITING)
OVER = (Stage.DONE, Stage.CANCELLED, Stage.HALTED)


class Outcome(models.TextChoices):
    """What comes of a row: at first what would, then what did."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Updated")
    SAME = "same", _("Unchanged")
    REFUSED = "refused", _("Refused")


class Import(models.Model):
    """A file of contacts. `content` is the file as it came, until somebody confirms.

    `columns` says what each column is: blank is nothing, else one of `guessing.Target` or a field's id. `calling` is
    the country's code for numbers that come without one, digits only. `keeps` leaves alone what is known already.
    `cursor` is the number of the last row written. `halted` says why it stopped by itself: a sentence, to be
    translated. `rows` is how many say something; the counts of what comes of them add up to it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.TextField()
    content = models.BinaryField(null=True)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    headers = ArrayField(models.TextField())
    columns = ArrayField(models.TextField(blank=True))
    calling = models.CharField(max_length=3, blank=True, default="")
    keeps = models.BooleanField(default=False)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.MATCHING)
    halted = models.TextField(blank=True, default="")
    rows = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    same = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    cursor = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=BandejaNow())
    stepped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "contact_import"
        indexes: ClassVar = [
            models.Index(fields=["stepped_at"], condition=Q(stage__in=UNDER_WAY), name="contact_import_under_way"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.stage in UNDER_WAY

    @property
    def is_over(self) -> bool:
        return self.stage in OVER


class Row(models.Model):
    """One row as it was understood. `number` is where a spreadsheet shows it: that of the headers is 1.

    `phone` is in E.164, and `numbers` are its digits and its other forms. `details` are by the id of their field.
    What is wrong with it: `fault` is a word of `words.FAULTS`, `said` the value it is about, `header` the column's;
    `is_bad` when that holds whatever the workspace knows. `contact` is whom it is about, or was made of it.
    """

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.IntegerField()
    name = models.TextField()
    email = models.TextField()
    phone = models.TextField()
    numbers = ArrayField(models.TextField())
    details = models.JSONField()
    tags = ArrayField(models.TextField())
    cells = ArrayField(models.TextField(blank=True))
    is_bad = models.BooleanField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    fault = models.CharField(max_length=20, blank=True)
    said = models.TextField(blank=True)
    header = models.TextField(blank=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        db_table = "contact_import_row"
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "number"], name="contact_import_row_once")]


class WaitingTag(models.Model):
    """A tag that waits with a contact who has not written yet: the database puts it on their first conversation."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "waiting_tag"
        constraints: ClassVar = [models.UniqueConstraint(fields=["contact", "tag"], name="waiting_tag_once")]
