"""The connected accounts, and the raw deliveries that channels send to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bandeja.people.models import BandejaNow, Workspace


class ChannelKey(models.TextChoices):
    WHATSAPP = "whatsapp", _("WhatsApp")
    MESSENGER = "messenger", _("Messenger")
    INSTAGRAM = "instagram", _("Instagram")
    WEBCHAT = "webchat", _("Web chat")
    API = "api", _("API")


class Account(models.Model):
    """One connected line, page, profile or widget.

    Only connect, disconnect and rule saves write this row, behind its gate (`channels.gate`).
    `connected_at` is the latest connection; `disconnected_at` is null while it is connected.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="accounts")
    channel = models.CharField(max_length=20, choices=ChannelKey.choices)
    external_id = models.TextField()
    name = models.CharField(_("Name"), max_length=120)
    token_hash = models.CharField(max_length=64, blank=True, default="")
    config = models.JSONField(default=dict, blank=True)
    connected_at = models.DateTimeField(db_default=BandejaNow())
    disconnected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "account"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "channel", "external_id"], name="account_once_in_workspace"),
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=Q(disconnected_at=None),
                name="account_connected_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_connected(self) -> bool:
        return self.disconnected_at is None


class Receipt(models.Model):
    """One stored delivery from a channel, raw.

    It waits while `processed_at` and `parked_at` are both null; `look_at` is the back-off after a failure.
    `bad_items` lists what was set aside of it: `[{"item": …, "reason": …}]`. A receipt parked whole has
    `parked_at` and no `processed_at`; one that was joined but for some items has both.
    The account is not a foreign key: the door stores without taking a lock on the account's row.
    """

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    body = models.BinaryField()
    headers = models.JSONField(db_default={}, default=dict)
    received_at = models.DateTimeField(db_default=BandejaNow())
    processed_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(db_default=0, default=0)
    error = models.TextField(db_default="", default="")
    look_at = models.DateTimeField(null=True)
    bad_items = models.JSONField(null=True)

    class Meta:
        db_table = "receipt"
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "received_at"],
                condition=Q(processed_at=None, parked_at=None),
                name="receipt_mark",
            ),
            models.Index(fields=["id"], condition=Q(processed_at=None, parked_at=None), name="receipt_waiting"),
            models.Index(
                fields=["processed_at"],
                condition=Q(processed_at__isnull=False, parked_at=None),
                name="receipt_prunable",
            ),
            models.Index(
                fields=["account_id", "parked_at"],
                condition=Q(parked_at__isnull=False),
                name="receipt_parked",
            ),
        ]
