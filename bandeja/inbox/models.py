"""What people keep of the inbox for themselves and for each other."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from bandeja.people.models import BandejaNow, Workspace

LONGEST_NAME = 60


class SavedView(models.Model):
    """Filters under a name: its maker's own, or shared with everybody in the workspace.

    `query` is the end of the address, as `Filters.query` says it: what a person sees by it is for their scope to say.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.TextField()
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "saved_view"
        constraints: ClassVar = [
            models.UniqueConstraint("agent", Lower("name"), condition=Q(shared=False), name="saved_view_name_once"),
            models.UniqueConstraint(
                "workspace", Lower("name"), condition=Q(shared=True), name="saved_view_shared_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
