"""What programs reach Bandeja with: the tokens of its people."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from bandeja.people.models import BandejaNow, Workspace


class Scope(models.TextChoices):
    """What a token may be used for, within what its person may do; the names are stored, so they never change."""

    READ_CONVERSATIONS = "conversations:read", _("Read conversations, messages, closings and what happens")
    WRITE_CONVERSATIONS = "conversations:write", _("Answer, note, tag, transfer, close and open conversations")
    READ_CONTACTS = "contacts:read", _("Read contacts")
    WRITE_CONTACTS = "contacts:write", _("Change, merge, block and erase contacts")
    READ_RULES = "rules:read", _("Read closing rules")
    WRITE_RULES = "rules:write", _("Change closing rules")
    READ_FLOWS = "flows:read", _("Read flows and what they did")
    WRITE_FLOWS = (
        "flows:write",
        _("Change and publish flows, turn them on and off, and decide on what they hold back"),
    )
    READ_WORKSPACE = "workspace:read", _("Read accounts, people, teams, tags and contact fields")
    WRITE_WORKSPACE = "workspace:write", _("Change tags")


class Token(models.Model):
    """A program acts by it as `agent`, within `scopes`. Only its SHA-256 is kept; `ending` is its last characters.

    `made_by` is who made it: one that was made for somebody else works while they could make it still. Null is the
    person's own, as all were once. `last_used_at` is written once a minute at most. One that was revoked is kept,
    for whoever asks what it was.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", null=True, db_index=False
    )
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(db_default=BandejaNow())
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(name__regex=r"\S"), name="api_token_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Answered(models.Model):
    """What a request with an Idempotency-Key was answered, and the SHA-256 of what it asked. Pruned after a day.

    `caller` names the token, as `Caller.key`.
    """

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(db_default=0)
    body = models.TextField(db_default="")
    headers = models.JSONField(db_default={}, default=dict)
    at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "api_answered"
        constraints: ClassVar = [models.UniqueConstraint(fields=["caller", "key"], name="api_answered_once")]
        indexes: ClassVar = [models.Index(fields=["at"], name="api_answered_prunable")]
