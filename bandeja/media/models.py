"""What agents have handed over and not yet sent, and the files that nothing belongs to any more."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from bandeja.people.models import BandejaNow, Workspace


class Upload(models.Model):
    """A file that an agent has chosen for a message. `taken_for` is that message's client id, once it is written.

    The row is there before the file is: whatever is cut off half-way leaves nothing that pruning would not find.
    When it is deleted and was never taken, the database notes its files as erased (migration 0001).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    mime = models.TextField()
    name = models.TextField()
    size = models.BigIntegerField()
    sha256 = models.TextField(db_default="", default="")
    file = models.TextField()
    thumb = models.TextField(db_default="", default="")
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    taken_for = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "upload"
        indexes: ClassVar = [models.Index(fields=["created_at"], name="upload_age")]


class ErasedFile(models.Model):
    """A key in the storage whose attachment or upload is no more. The database writes these; pruning removes both."""

    file = models.TextField()
    erased_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "erased_file"
