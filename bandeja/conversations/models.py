"""The heart: contacts, the one lasting conversation each has on an account, and what happened in it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bandeja.channels.contract import State
from bandeja.channels.models import Account
from bandeja.conversations.plain import Digits
from bandeja.people.models import BandejaNow, Team, Workspace


class Status(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Cause(models.TextChoices):
    """Who asked for a closing."""

    AGENT = "agent", _("By hand")
    BULK = "bulk", _("In bulk")
    RULE = "rule", _("By rule")
    FLOW = "flow", _("By flow")
    API = "api", _("By API")


class ActorKind(models.TextChoices):
    """Who did a thing; automatic closings are the system's (closing D5)."""

    AGENT = "agent", _("Agent")
    CONTACT = "contact", _("Contact")
    APP = "app", _("Another app")
    SYSTEM = "system", _("System")
    FLOW = "flow", _("Flow")
    API = "api", _("API")


class Direction(models.TextChoices):
    IN = "in", _("Inbound")
    OUT = "out", _("Outbound")
    NOTE = "note", _("Note")


class EventKind(models.TextChoices):
    CONVERSATION_OPENED = "conversation_opened", _("Opened")
    CONVERSATION_REOPENED = "conversation_reopened", _("Reopened")
    CONVERSATION_CLOSED = "conversation_closed", _("Closed")
    CONVERSATION_ASSIGNED = "conversation_assigned", _("Assigned")
    MESSAGE_RECEIVED = "message_received", _("Message received")
    MESSAGE_SENT = "message_sent", _("Message sent")
    CONTACT_BLOCKED = "contact_blocked", _("Contact blocked")
    CONTACT_UNBLOCKED = "contact_unblocked", _("Contact unblocked")
    CONTACT_MERGED = "contact_merged", _("Contacts merged")
    CONVERSATION_TAGGED = "conversation_tagged", _("Tagged")
    CONVERSATION_KEPT = "conversation_kept", _("Kept open")
    CONVERSATION_RELEASED = "conversation_released", _("Kept open no more")
    CONVERSATION_SNOOZED = "conversation_snoozed", _("Snoozed")
    CONVERSATION_WOKEN = "conversation_woken", _("Snoozed no more")
    CLOSING_WITHHELD = "closing_withheld", _("Closing withheld")
    CLOSING_RESUMED = "closing_resumed", _("Closing withheld no more")
    AGENTS_CALLED = "agents_called", _("People called")
    MESSAGE_WITHHELD = "message_withheld", _("Automatic message withheld")


class Withheld(models.TextChoices):
    """Why a rule did not close a conversation whose time was over (closing G2, G3)."""

    WAITING = "waiting", _("The contact waits for an answer")
    EXEMPT = "exempt", _("The rule spares it")


class ContactKind(models.TextChoices):
    """Who writes is a lead until somebody says that they are more."""

    LEAD = "lead", _("Lead")
    CONTACT = "contact", _("Contact")


class Contact(models.Model):
    """The person who writes. A blocked contact's messages are kept and count for nothing."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="contacts")
    name = models.TextField(blank=True, default="", db_default="")
    email = models.TextField(blank=True, default="", db_default="")
    phone = models.TextField(blank=True, default="", db_default="")
    kind = models.CharField(
        max_length=10, choices=ContactKind.choices, db_default=ContactKind.LEAD, default=ContactKind.LEAD
    )
    blocked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "contact"
        indexes: ClassVar = [
            # What rows of an import find their contact by.
            models.Index(F("workspace"), Digits("phone"), condition=~Q(phone=""), name="contact_digits"),
            models.Index(F("workspace"), Lower("email"), condition=~Q(email=""), name="contact_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or str(_("Visitor %(number)s") % {"number": self.pk})


class FieldKind(models.TextChoices):
    """What may be written in a field of a workspace's own."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")


class ContactField(models.Model):
    """Something a workspace wants to know of its contacts. `choices` are those of a choice, empty for the others."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="contact_fields", db_index=False)
    name = models.TextField()
    kind = models.CharField(max_length=10, choices=FieldKind.choices)
    choices = ArrayField(models.TextField(), default=list, db_default=[])

    class Meta:
        db_table = "contact_field"
        constraints: ClassVar = [
            models.UniqueConstraint("workspace", Lower("name"), name="contact_field_name_once"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="contact_field_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactValue(models.Model):
    """What a field says of a contact, as text: a number with a point, a date as 2026-11-23. Nothing known, no row."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="values", db_index=False)
    field = models.ForeignKey(ContactField, on_delete=models.CASCADE, related_name="values")
    value = models.TextField()

    class Meta:
        db_table = "contact_value"
        constraints: ClassVar = [models.UniqueConstraint(fields=["contact", "field"], name="contact_value_once")]


class ContactNote(models.Model):
    """What somebody wrote down about a contact, whatever the conversation."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    text = models.TextField()
    at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "contact_note"


class Erasure(models.Model):
    """That a contact was erased, by whom and how much: nothing of what was erased. Never edited."""

    workspace_id = models.BigIntegerField()
    contact_id = models.BigIntegerField()
    agent_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    conversations = models.IntegerField()
    messages = models.IntegerField()
    files = models.IntegerField()

    class Meta:
        db_table = "erasure"
        indexes: ClassVar = [models.Index(fields=["workspace_id", "-at"], name="erasure_of_workspace")]


class Identity(models.Model):
    """How one account knows a contact.

    `look_at` is when the channel is asked for their name, null when it is not; `tries` how often that was in vain.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    workspace_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    value = models.TextField()
    look_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "identity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "kind", "value"], name="identity_once_on_account")
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "look_at"], condition=Q(look_at__isnull=False), name="identity_nameless")
        ]


class Conversation(models.Model):
    """The lasting thread of one contact on one account (closing E1). Written only by `lifecycle` and the sweep.

    `armed_at` is what its clock counts from; `look_at` is when the sweep looks next; both null means no clock.
    `agent_opened_at` is when an agent last opened it: what was received before then arms nothing (closing C6).
    `last_inbound_id` is the newest counting message, in the order they were joined.
    `window_at` is what the channel's window counts from, and `free_until` how long the channel itself says we may
    write freely: both for sending only, closing never reads them (closing D4). `address` is the identity the contact
    last wrote from, as `kind:value`: where an answer goes. `team` is the team it was given to, whoever of it owns it.
    `kept_at` is since when somebody keeps it open: meanwhile it has no clock (closing C9). `kept_until` is when that
    ends by itself, null when only somebody ends it; `kept_by_id` is the agent, of whom the row may outlive.
    `snoozed_at` is since when that is a snooze: out of the list of open ones, and over once the contact writes (S1).
    `included_at` is when somebody last had it included in a rule though its contact had not written under its cover;
    it counts as if they had written then (closing I1).
    `answered_at` is when a person of ours wrote to the contact last: here, in the channel's own app, or by the API.
    `unheard_at` is when we wrote last, where we began it and the contact has not written since it was opened: then
    its clock is the one that our messages start (closing N1). It outlives a closing, which may be taken back.
    `withheld_at` is since when a rule withholds its closing, because of `withheld_for`: meanwhile it has no clock.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="conversations", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="conversations", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="conversations", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="conversations",
        db_index=False,
    )
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="conversations", db_index=False)
    status = models.CharField(max_length=10, choices=Status.choices, db_default=Status.OPEN, default=Status.OPEN)
    unread = models.IntegerField(db_default=0, default=0)
    created_at = models.DateTimeField(db_default=BandejaNow())
    opened_at = models.DateTimeField(db_default=BandejaNow())
    agent_opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(null=True)
    last_inbound_id = models.BigIntegerField(null=True)
    last_message_at = models.DateTimeField(db_default=BandejaNow())
    last_message_text = models.TextField(db_default="", default="")
    last_message_direction = models.CharField(max_length=5, db_default=Direction.IN, default=Direction.IN)
    last_message_kind = models.CharField(max_length=20, db_default="text", default="text")
    armed_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    included_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)
    kept_by_id = models.BigIntegerField(null=True)
    kept_reason = models.TextField(db_default="", default="")
    snoozed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    unheard_at = models.DateTimeField(null=True)
    withheld_at = models.DateTimeField(null=True)
    withheld_for = models.CharField(max_length=10, choices=Withheld.choices, db_default="", default="", blank=True)
    window_at = models.DateTimeField(null=True)
    free_until = models.DateTimeField(null=True)
    address = models.TextField(db_default="", default="")

    class Meta:
        db_table = "conversation"
        constraints: ClassVar = [
            # The contact first, so that it serves the key too: a message writes into every index of its conversation.
            models.UniqueConstraint(fields=["contact", "account"], name="conversation_one_of_contact"),
            models.CheckConstraint(
                condition=Q(armed_at=None, look_at=None) | Q(armed_at__isnull=False, look_at__isnull=False),
                name="conversation_armed_is_looked_at",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.OPEN, closed_at=None)
                | Q(status=Status.CLOSED, closed_at__isnull=False, armed_at=None),
                name="conversation_closed_has_no_clock",
            ),
            models.CheckConstraint(condition=Q(unread__gte=0), name="conversation_unread_not_negative"),
            models.CheckConstraint(
                condition=Q(kept_at=None, kept_until=None)
                | Q(kept_at__isnull=False, status=Status.OPEN, armed_at=None),
                name="conversation_kept_has_no_clock",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_at=None) | Q(kept_at__isnull=False), name="conversation_snoozed_is_kept"
            ),
            models.CheckConstraint(
                condition=Q(withheld_at=None, withheld_for="")
                | Q(withheld_at__isnull=False, status=Status.OPEN, armed_at=None, kept_at=None) & ~Q(withheld_for=""),
                name="conversation_withheld_has_no_clock",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "look_at"], condition=Q(look_at__isnull=False), name="conversation_due"),
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                condition=Q(status=Status.OPEN),
                name="conversation_open_list",
            ),
            models.Index(fields=["workspace", "-last_message_at", "-id"], name="conversation_list"),
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                condition=Q(status=Status.OPEN, unread__gt=0),
                name="conversation_unread_list",
            ),
            models.Index(
                fields=["owner", "-last_message_at", "-id"],
                condition=Q(owner__isnull=False),
                name="conversation_owner_list",
            ),
            # What no team has is not in it, so it costs nothing where there are no teams.
            models.Index(
                fields=["team", "-last_message_at", "-id"],
                condition=Q(team__isnull=False),
                name="conversation_team_list",
            ),
            # Whose keeping open ends by itself: few, and none of them is in the sweep's.
            models.Index(
                fields=["kept_until"], condition=Q(kept_until__isnull=False), name="conversation_kept_until"
            ),
            # What is snoozed: out of the list of open ones, and a list of its own.
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                condition=Q(snoozed_at__isnull=False),
                name="conversation_snoozed",
            ),
            # Whose closing is withheld: judged again, round and round, and listed.
            models.Index(fields=["id"], condition=Q(withheld_at__isnull=False), name="conversation_withheld"),
        ]

    def wrote_after(self, seen: int | None) -> bool:
        """Whether the contact wrote after that message of theirs; no where nobody says which they have seen."""
        return seen is not None and (self.last_inbound_id or 0) > seen


class Message(models.Model):
    """One thing said in a conversation, or a note about it.

    `at` is where it stands in the thread: the channel's date, or ours. `received_at` is when an inbound message
    was durably stored. `counts` says whether it may open, add unread and arm (closing C4). The account is its
    conversation's, so the database checks only that key: each check costs about a tenth of an insert.
    `reply_to` is the external id of the message it answers. `state` is how far an outbound message has come (a
    `State`; blank where the channel tells nothing), `error` why it failed: no index holds them, so that a message
    is updated in place each time its state moves. `imported` marks what history told of: it gives way to the message
    itself, should that come.
    """

    workspace_id = models.BigIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    direction = models.CharField(max_length=5, choices=Direction.choices)
    kind = models.CharField(max_length=20)
    text = models.TextField(db_default="", default="")
    external_id = models.TextField(null=True)
    client_id = models.UUIDField(null=True)
    counts = models.BooleanField(db_default=False, default=False)
    at = models.DateTimeField(db_default=BandejaNow())
    provider_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=BandejaNow())
    author_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    data = models.JSONField(db_default={}, default=dict)
    reply_to = models.TextField(db_default="", default="")
    state = models.CharField(max_length=10, choices=[(state, state) for state in State], db_default="", default="")
    state_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    imported = models.BooleanField(db_default=False, default=False)

    class Meta:
        db_table = "message"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=Q(external_id__isnull=False),
                name="message_once_on_account",
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=Q(client_id__isnull=False),
                name="message_sent_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["conversation", "at", "id"], name="message_thread")]


class Outgoing(models.Model):
    """A message waiting to be sent, or being sent; the row goes when its fate is known.

    `look_at` is when it may be tried. `sending_at` is committed before the channel is called, and one that grows old
    is of unknown fate: never sent again by itself. One conversation sends one at a time, in order of id.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="outgoing")
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    look_at = models.DateTimeField(db_default=BandejaNow())
    sending_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "outgoing"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation_id"], condition=Q(sending_at__isnull=False), name="outgoing_one_at_a_time"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation_id", "message"], name="outgoing_turn"),
            models.Index(fields=["account_id", "look_at"], name="outgoing_of_account"),
        ]


class FileState(models.TextChoices):
    """Where the file of an attachment is."""

    WAITING = "waiting", _("On its way")
    STORED = "stored", _("Stored")
    FAILED = "failed", _("Lost")
    REFERRED = "referred", _("Only referred to")


class Attachment(models.Model):
    """A file of a message: what the channel says of it, and where we keep it. The message stands without it.

    `remote` is the channel's id, or a URL when `is_url`; `file` and `thumb` are keys in the media storage, `thumb`
    blank when there is none. The key is there before the file is: `state` tells whether that has come. `sha256` is
    hexadecimal: what the channel told until then, its own from then on. `look_at` is when fetching is tried next,
    null once it is stored or given up; `error` is a sentence to be translated when shown.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    workspace_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    position = models.SmallIntegerField(db_default=0, default=0)
    kind = models.CharField(max_length=20)
    mime = models.TextField(db_default="", default="")
    name = models.TextField(db_default="", default="")
    size = models.BigIntegerField(null=True)
    sha256 = models.TextField(db_default="", default="")
    remote = models.TextField(db_default="", default="")
    is_url = models.BooleanField(db_default=False, default=False)
    state = models.CharField(
        max_length=10, choices=FileState.choices, db_default=FileState.WAITING, default=FileState.WAITING
    )
    file = models.TextField(db_default="", default="")
    thumb = models.TextField(db_default="", default="")
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    error = models.TextField(db_default="", default="")
    tries = models.SmallIntegerField(db_default=0, default=0)
    look_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "attachment"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "position"], name="attachment_once_per_position"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="attachment_due"),
        ]


class Annotation(models.Model):
    """A reaction to a message, an edit or an unsending of it; found by the message's external id.

    It is never applied: the thread reads the newest of each, so one that arrives before its message is not lost.
    `actor` is who reacted, as `kind:value`; blank for our side.
    """

    workspace_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    external_id = models.TextField()
    target = models.TextField()
    kind = models.CharField(max_length=20)
    actor = models.TextField(db_default="", default="")
    text = models.TextField(db_default="", default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "annotation"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "external_id"], name="annotation_once_on_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_id", "target"], name="annotation_of_message")]


class Colour(models.TextChoices):
    """What a tag may look like; each has a light and a dark value in the style sheet."""

    GREY = "grey", _("Grey")
    RED = "red", _("Red")
    AMBER = "amber", _("Amber")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    PINK = "pink", _("Pink")


class Tag(models.Model):
    """A word that a workspace sorts its conversations by."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = models.TextField()
    colour = models.CharField(max_length=10, choices=Colour.choices, db_default=Colour.GREY, default=Colour.GREY)

    class Meta:
        db_table = "tag"
        constraints: ClassVar = [
            models.UniqueConstraint("workspace", Lower("name"), name="tag_name_once"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """A tag on a conversation. Indexed both ways: what is on a row of the list, and what the list is filtered by."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="taggings", db_index=False)

    class Meta:
        db_table = "tagging"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "tag"], name="tagging_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["tag", "conversation"], name="tagging_of_tag")]


class MergeSuggestion(models.Model):
    """Two contacts that a channel says are one person; people decide, nothing is merged by itself."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="merge_suggestions")
    first = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    because = models.TextField()
    created_at = models.DateTimeField(db_default=BandejaNow())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "merge_suggestion"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="merge_suggested_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="merge_in_order"),
        ]


class Closure(models.Model):
    """One closing of one conversation, as it was; never deleted. The rule is kept as plain values.

    `overtaken_at` marks a closing that a message received before it, but joined after it, proved wrong (C8).
    `undone_at` marks one that somebody took back, `undone_by_id` is who (closing U4). `kept` is how the conversation
    was kept open, if it was: kept_at, kept_until, kept_by_id, kept_reason, snoozed_at; or its closing withheld:
    withheld_at, withheld_for. `unheard` is whether we had begun it and nobody answered (closing N1).
    """

    workspace_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="closures", db_index=False)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    reason = models.TextField()
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(null=True)
    armed_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    closed_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True)
    owner_id = models.BigIntegerField(null=True)
    unread = models.IntegerField(db_default=0, default=0)
    rule_id = models.BigIntegerField(null=True)
    rule_name = models.TextField(db_default="", default="")
    rule_amount = models.IntegerField(null=True)
    rule_unit = models.CharField(max_length=10, db_default="", default="")
    overtaken_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by_id = models.BigIntegerField(null=True)
    kept = models.JSONField(null=True)
    unheard = models.BooleanField(db_default=False, default=False)

    class Meta:
        db_table = "closure"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="closure_has_a_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "closed_at"], name="closure_of_conversation"),
            models.Index(fields=["workspace_id", "closed_at"], name="closure_of_workspace"),
        ]


class Event(models.Model):
    """A fact about a conversation, past tense, never edited.

    `number` is null until it is published: then it counts up in the order the facts were committed, so that a
    reader who keeps the last number it saw never misses one. As many are written as messages, so it is kept light:
    no key is checked, for whoever writes one holds the lock of its conversation, and what the thread does not tell
    is in no index of it.
    """

    workspace_id = models.BigIntegerField()
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="events", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=30, choices=EventKind.choices)
    at = models.DateTimeField(db_default=BandejaNow())
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    closure_id = models.BigIntegerField(null=True)
    data = models.JSONField(db_default={}, default=dict)
    number = models.BigIntegerField(null=True)

    class Meta:
        db_table = "event"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(number__isnull=False), name="event_published_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(number=None), name="event_unpublished"),
            models.Index(
                fields=["at"],
                condition=Q(kind__in=["message_received", "message_sent"], number__isnull=False),
                name="event_prunable",
            ),
            # What starts something by being opened is read from here; written only once it is published.
            models.Index(
                fields=["number"],
                condition=Q(kind="conversation_opened", number__isnull=False),
                name="event_opened",
            ),
            models.Index(
                fields=["conversation", "at", "id"],
                condition=~Q(kind__in=["message_received", "message_sent"]),
                name="event_told",
            ),
        ]
