"""What people are told of, what they chose to be told, and the devices they are told on."""

from __future__ import annotations

from typing import ClassVar

from allauth.usersessions.models import UserSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bandeja.conversations.models import Conversation
from bandeja.people.models import Agent, BandejaNow


class Kind(models.TextChoices):
    """Why somebody is told of a conversation."""

    ASSIGNED = "assigned", _("A conversation is given to me")
    MENTIONED = "mentioned", _("A note names me")
    MESSAGE = "message", _("Somebody writes in one of mine")
    CALLED = "called", _("A flow asks me to look")
    WAITING = "waiting", _("A contact of mine waits for an answer when a rule would close")
    WOKEN = "woken", _("One that I snoozed, or that is mine, comes back")


class Notification(models.Model):
    """One reason for one person to look at a conversation; while unread, more of the same only counts up.

    `push_at` is when its devices are told next, null when they need not be (any more). The conversation's key is not
    checked: the check would lock it, and whoever acts on conversations takes those locks in another order.
    """

    workspace_id = models.BigIntegerField()
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="notifications", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor_id = models.BigIntegerField(null=True)
    count = models.IntegerField(default=1)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    push_at = models.DateTimeField(null=True)
    push_tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "notification"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "conversation", "kind"], condition=Q(read_at=None), name="notification_unread_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agent", "-at"], name="notification_list"),
            models.Index(fields=["conversation"], name="notification_of_conversation"),
            models.Index(fields=["at"], name="notification_prunable"),
            models.Index(fields=["push_at"], condition=Q(push_at__isnull=False), name="notification_push_due"),
        ]


class Reader(models.Model):
    """The number of the last event that was read for notifications; one row."""

    number = models.BigIntegerField()

    class Meta:
        db_table = "notification_reader"


class Digest(models.TextChoices):
    """How often somebody is written an e-mail about what waits."""

    NEVER = "never", _("Never")
    HOURLY = "hourly", _("Every hour, if something waits")
    DAILY = "daily", _("Every morning, if something waits")


class Preference(models.Model):
    """What a person chose; who never chose has no row and these defaults. `digest_at` is when the next is due."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True, related_name="+")
    quiet = models.BooleanField(_("Do not disturb: no sounds, nothing on my devices"), default=False)
    sound = models.BooleanField(_("Play a short sound"), default=True)
    on_assigned = models.BooleanField(Kind.ASSIGNED.label, default=True)
    on_mentioned = models.BooleanField(Kind.MENTIONED.label, default=True)
    on_message = models.BooleanField(Kind.MESSAGE.label, default=True)
    on_waiting = models.BooleanField(Kind.WAITING.label, default=True, db_default=True)
    push_says_who = models.BooleanField(_("Show the name and the message on my devices"), default=False)
    digest = models.CharField(
        _("E-mail about what waits"), max_length=10, choices=Digest.choices, default=Digest.NEVER
    )
    digest_at = models.DateTimeField(null=True)
    digest_tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "notification_preference"
        indexes: ClassVar = [
            models.Index(fields=["digest_at"], condition=Q(digest_at__isnull=False), name="notification_digest_due")
        ]


class Device(models.Model):
    """A browser that takes pushes for somebody: where to send them, and the keys that only it can open them with.

    `session` is the one it was turned on in, null once that is forgotten.
    """

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="devices")
    session = models.ForeignKey(UserSession, on_delete=models.SET_NULL, null=True, related_name="+")
    endpoint = models.TextField(unique=True)
    p256dh = models.TextField()
    auth = models.TextField()
    name = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "notification_device"
