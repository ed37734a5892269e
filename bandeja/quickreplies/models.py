"""Quick replies: a word, and the text that it stands for."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from bandeja.people.models import BandejaNow, Workspace


class QuickReply(models.Model):
    """A text that a workspace shares, or that is one agent's own, who may have another under the same word."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="quick_replies")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="quick_replies"
    )
    word = models.CharField(max_length=40)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "quick_reply"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "workspace", Lower("word"), condition=Q(agent=None), name="quick_reply_shared_once"
            ),
            models.UniqueConstraint(
                "agent", Lower("word"), condition=Q(agent__isnull=False), name="quick_reply_own_once"
            ),
        ]

    def __str__(self) -> str:
        return f"/{self.word}"
