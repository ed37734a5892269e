"""Webhooks: whom to tell what, what they are told, how far that has come, and each attempt."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bandeja.conversations.models import Conversation
from bandeja.people.models import BandejaNow, Workspace


class Why(models.TextChoices):
    """Why a webhook is disabled."""

    PERSON = "person"
    FAILING = "failing"
    GONE = "gone"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Webhook(models.Model):
    """An address outside, and which events of its workspace it is told of.

    Secrets are sealed (`bandeja.seal`). After a rotation `old_secret` signs too, until `old_until`. Events up to
    `after_number` are none of its. `failing_since` is when the first attempt failed that nothing has succeeded
    after; `failures` counts the rounds since, and nothing goes out before `look_at`. A disabled one keeps what
    waits. `notice_at` is when administrators are next to be written to that it was disabled; null is never.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhooks")
    name = models.TextField()
    url = models.TextField()
    events = ArrayField(models.TextField())
    secret = models.TextField()
    old_secret = models.TextField(db_default="", default="")
    old_until = models.DateTimeField(null=True)
    after_number = models.BigIntegerField(db_default=0, default=0)
    created_at = models.DateTimeField(db_default=BandejaNow())
    enabled_at = models.DateTimeField(db_default=BandejaNow())
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=10, choices=Why.choices, db_default="", default="")
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(db_default=0, default=0)
    look_at = models.DateTimeField(db_default=BandejaNow())
    notice_at = models.DateTimeField(null=True)
    notice_tries = models.SmallIntegerField(db_default=0, default=0)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="webhook_has_a_name"),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_why="") | Q(disabled_at__isnull=False, disabled_why__gt=""),
                name="webhook_disabled_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["notice_at"], condition=Q(notice_at__isnull=False), name="webhook_notices")
        ]

    def __str__(self) -> str:
        return self.name


class WebhookMessage(models.Model):
    """What is told of one event, to however many: its key is the event's number. `body` are the bytes that are sent.

    A test takes a number too, and has no conversation. No key is checked at writing, as with events; a contact who
    is erased takes along what was told of them.
    """

    id = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField()
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False
    )
    kind = models.CharField(max_length=30)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "webhook_message"
        indexes: ClassVar = [models.Index(fields=["created_at"], name="webhook_message_prunable")]


class Delivery(models.Model):
    """One message for one webhook. `look_at` is when it may be tried; null behind another of its conversation.

    `conversation_id` is the lane in which order is kept. `tries` tells one lease from the next. `status`, `failure`
    and `ms` are those of the last attempt.
    """

    pk = models.CompositePrimaryKey("webhook_id", "message_id")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    message_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField(null=True)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, db_default=DeliveryState.WAITING, default=DeliveryState.WAITING
    )
    look_at = models.DateTimeField(null=True)
    tries = models.IntegerField(db_default=0, default=0)
    first_at = models.DateTimeField(null=True)
    status = models.IntegerField(db_default=0, default=0)
    failure = models.CharField(max_length=20, db_default="", default="")
    ms = models.IntegerField(db_default=0, default=0)

    class Meta:
        db_table = "webhook_delivery"
        indexes: ClassVar = [
            models.Index(fields=["webhook", "look_at"], condition=Q(look_at__isnull=False), name="webhook_due"),
            models.Index(
                fields=["webhook", "conversation_id", "message_id"],
                condition=Q(state=DeliveryState.WAITING),
                name="webhook_lane",
            ),
            models.Index(
                fields=["webhook", "message_id"], condition=Q(state=DeliveryState.FAILED), name="webhook_failed"
            ),
            models.Index(
                fields=["webhook"], condition=Q(conversation_id=None, look_at__isnull=False), name="webhook_tests"
            ),
        ]


class Attempt(models.Model):
    """One attempt at a delivery: what was sent with it, and what came back. Bodies as text, as far as they are."""

    webhook_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    at = models.DateTimeField(db_default=BandejaNow())
    ms = models.IntegerField()
    status = models.IntegerField()
    failure = models.CharField(max_length=20, db_default="", default="")
    request_headers = models.JSONField()
    headers = models.JSONField()
    body = models.TextField()

    class Meta:
        db_table = "webhook_attempt"
        indexes: ClassVar = [models.Index(fields=["webhook_id", "message_id"], name="webhook_attempts")]


class Cursor(models.Model):
    """The last event that was made deliveries of: one row, locked by whoever makes the next."""

    number = models.BigIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "webhook_cursor"
