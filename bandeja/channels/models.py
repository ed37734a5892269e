"""The connected accounts, and the raw deliveries that channels send to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bandeja.channels.secret import SecretField
from bandeja.people.models import BandejaNow, Workspace


class ChannelKey(models.TextChoices):
    WHATSAPP = "whatsapp", _("WhatsApp")
    MESSENGER = "messenger", _("Messenger")
    INSTAGRAM = "instagram", _("Instagram")
    WEBCHAT = "webchat", _("Web chat")
    API = "api", _("API")


class MetaApp(models.Model):
    """An app at Meta whose webhooks come to us at `/hooks/meta/<key>`; it and its receipts are one workspace's.

    `instagram_secret` is the second secret that apps with Instagram login have: either may have signed a delivery.
    `graph_url` replaces the setting where the app lives on the stand-in. `refused` counts deliveries whose signature
    was missing or wrong.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="meta_apps")
    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("Name"), max_length=120)
    app_id = models.CharField(max_length=40, unique=True)
    secret = SecretField()
    instagram_secret = SecretField(blank=True, default="")
    verify_token = SecretField()
    graph_url = models.TextField(blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    last_delivery_at = models.DateTimeField(null=True)
    refused = models.BigIntegerField(db_default=0, default=0)
    refused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "meta_app"

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """One connected line, page, profile or widget.

    Only connect, disconnect and rule saves write this row, behind its gate (`channels.gate`).
    `connected_at` is the latest connection; `disconnected_at` is null while it is connected. A WhatsApp number, a
    page and a profile have the `app` their deliveries come through.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="accounts")
    channel = models.CharField(max_length=20, choices=ChannelKey.choices)
    external_id = models.TextField()
    name = models.CharField(_("Name"), max_length=120)
    token_hash = models.CharField(max_length=64, blank=True, default="")
    app = models.ForeignKey(MetaApp, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts")
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


class Connection(models.Model):
    """A stretch of time during which an account was connected; `until` is null while it lasts.

    What was received within one belongs to the account, however late it is read.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "connection"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account"], condition=Q(until=None), name="connection_open_once"),
        ]


class Credential(models.Model):
    """What we speak for an account with. Encrypted at rest, and never shown again."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="credential")
    token = SecretField()
    expires_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "credential"


class Health(models.Model):
    """How an account fares at its channel: told on its page, and by a banner when something is wrong.

    `is_subscribed` and `has_valid_token` are null until they were first asked, and the former while a lost
    subscription is not sure to be back. `error` is the latest fault of the account itself,
    `{"fault", "code", "text", "details"}`, null once it works. `held_until` is until when the channel asked us to
    send nothing. `missed_since` is from when on deliveries may have been lost at the channel, until they are fetched;
    `lost_at` is when we last found that some were. `templates_stale_since` is since when its templates may be other
    than Meta's, until they are fetched again, and `templates_held_until` until when Meta asked us to fetch none.
    `look_at` is when it is checked next.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="health")
    is_subscribed = models.BooleanField(null=True)
    has_valid_token = models.BooleanField(null=True)
    quality = models.CharField(max_length=20, blank=True, default="", db_default="")
    tier = models.CharField(max_length=40, blank=True, default="", db_default="")
    error = models.JSONField(null=True)
    error_at = models.DateTimeField(null=True)
    last_delivery_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    missed_since = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    templates_stale_since = models.DateTimeField(null=True)
    templates_held_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "health"
        indexes: ClassVar = [models.Index(fields=["look_at"], name="health_look")]


class Template(models.Model):
    """A WhatsApp template as Meta last described it; one for each language.

    `components` and `parameter_format` are Meta's own. `line` is the WhatsApp business account it belongs to.
    """

    app = models.ForeignKey(MetaApp, on_delete=models.CASCADE, related_name="templates")
    line = models.CharField(max_length=40)
    external_id = models.CharField(max_length=40)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=20)
    category = models.CharField(max_length=20, blank=True, default="")
    status = models.CharField(max_length=30)
    parameter_format = models.CharField(max_length=20, blank=True, default="")
    components = models.JSONField(default=list)
    quality = models.CharField(max_length=20, blank=True, default="")
    rejected_reason = models.TextField(blank=True, default="")
    synced_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "template"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "line", "name", "language"], name="template_once_per_language"),
        ]


class Receipt(models.Model):
    """One stored delivery from a channel, raw.

    It waits while `processed_at` and `parked_at` are both null; `look_at` is the back-off after a failure.
    `bad_items` lists what was set aside of it: `[{"item": …, "reason": …}]`. A receipt parked whole has
    `parked_at` and no `processed_at`; one that was joined but for some items has both.
    It is an account's, or, where only parsing tells whose its items are, a Meta app's. Neither is a foreign key:
    the door stores without taking a lock on their rows.
    """

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField(null=True)
    app_id = models.BigIntegerField(null=True)
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
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(account_id=None) ^ Q(app_id=None), name="receipt_has_one_source"),
        ]
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
            models.Index(
                fields=["app_id", "received_at"],
                condition=Q(app_id__isnull=False, processed_at=None, parked_at=None),
                name="receipt_mark_of_app",
            ),
            models.Index(
                fields=["app_id", "parked_at"],
                condition=Q(app_id__isnull=False, parked_at__isnull=False),
                name="receipt_parked_of_app",
            ),
        ]
