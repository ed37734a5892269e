"""Calendars, the versions of when each is open, and what is open by a version as stretches of time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from bandeja.people.models import BandejaNow, Workspace

NAME_LENGTH = 80


class Calendar(models.Model):
    """Hours that have a name. `version` counts the saves: a form carries the one it was opened with."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=NAME_LENGTH)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=BandejaNow())
    saved_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "calendar"
        constraints: ClassVar = [models.UniqueConstraint("workspace", Lower("name"), name="calendar_name_once")]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """What a calendar says from one save to the next; it is never edited (closing B5).

    `calendar` is null once that was deleted. `week` and `exceptions` are as `week.py` reads them. What is open is
    written down as `OpenHours` for the days from `first_day` to the one before `end_day`, which begins at `ends_at`.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    calendar = models.ForeignKey(Calendar, on_delete=models.SET_NULL, null=True, related_name="versions")
    zone = models.CharField(max_length=64)
    week = models.JSONField()
    country = models.CharField(max_length=2, blank=True, default="")
    subdivision = models.CharField(max_length=32, blank=True, default="")
    exceptions = models.JSONField(default=list)
    made_at = models.DateTimeField()
    current = models.BooleanField(default=True)
    first_day = models.DateField()
    end_day = models.DateField()
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "calendar_version"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["calendar"], condition=models.Q(current=True), name="calendar_one_version_in_force"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="calendar_version_ends")]


class OpenHours(models.Model):
    """A stretch in which a version of a calendar is open; the clock of its zone is not set within it.

    `before` is how many seconds were open before it, `day` the ordinal of its working day among all of the version,
    `date` that day's date, and `shift` how many seconds the clock on the wall is ahead of UTC.
    """

    version = models.ForeignKey(CalendarVersion, on_delete=models.CASCADE, related_name="open_hours", db_index=False)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    before = models.BigIntegerField()
    day = models.IntegerField()
    date = models.DateField()
    shift = models.IntegerField()

    class Meta:
        db_table = "open_hours"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "before"], name="open_hours_once"),
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")), name="open_hours_take_time"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["version", "closes_at"], name="open_hours_by_time"),
            models.Index(fields=["version", "day", "opens_at"], name="open_hours_by_day"),
        ]
