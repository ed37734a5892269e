"""Mentions: agents whom an internal note names."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bandeja.conversations.models import Conversation, Message
from bandeja.people.models import BandejaNow


class Mention(models.Model):
    """An agent was named in a note; `seen_at` is null until they have had it on screen.

    Whoever tells them looks for those of an agent that were not seen, and fetches each through the agent's scope:
    they could see the conversation when it was written, and may not any more.
    """

    workspace_id = models.BigIntegerField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions", db_index=False
    )
    created_at = models.DateTimeField(db_default=BandejaNow())
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mention"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "agent"], name="mention_once_in_message"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agent", "conversation"], condition=Q(seen_at=None), name="mention_unseen"),
            models.Index(fields=["conversation"], name="mention_of_conversation"),
        ]
