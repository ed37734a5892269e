"""Who works here: workspaces, the roles in them, the agents who answer, and their teams."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class BandejaNow(Func):
    """The database's clock, `bandeja_now()`: the only clock a deadline is ever compared with."""

    function = "bandeja_now"
    template = "%(function)s()"
    output_field = models.DateTimeField()
    arity = 0


class Plan(models.TextChoices):
    BASIC = "basic", _("Basic")
    PRO = "pro", _("Pro")


INBOX_ADDON = "inbox"
IDLE_AFTER = timedelta(minutes=15)


class Permission(models.TextChoices):
    """What a role may allow; the names are stored, so they never change."""

    MANAGE_CLOSING = "manage_closing", _("Manage closing rules")
    MANAGE_ACCOUNTS = "manage_accounts", _("Manage accounts")
    MANAGE_PEOPLE = "manage_people", _("Manage people")
    MANAGE_WEBHOOKS = "manage_webhooks", _("Manage webhooks")
    MANAGE_TAGS = "manage_tags", _("Manage tags and contact fields")
    ERASE_CONTACTS = "erase_contacts", _("Export and erase contacts")
    SEE_ALL = "see_all", _("See all conversations")
    SEE_UNASSIGNED = "see_unassigned", _("See unassigned conversations")
    MANAGE_FLOWS = "manage_flows", _("Manage flows")
    SEE_REPORTS = "see_reports", _("See reports")
    IMPORT_CONTACTS = "import_contacts", _("Import contacts")


ADMIN_PERMISSIONS = [permission.value for permission in Permission]
SELLER_PERMISSIONS = [Permission.MANAGE_CLOSING.value, Permission.SEE_UNASSIGNED.value]


class State(models.TextChoices):
    """Whether somebody is there, and may be given what comes in; chosen by hand, or judged by their idleness."""

    ONLINE = "online", _("Online")
    RECEIVING = "receiving", _("Away, still receiving")
    AWAY = "away", _("Away")


class Workspace(models.Model):
    """One company's inbox. `entitled_since` is null while its plan lacks closing rules (closing R5).

    Whoever does nothing for `idle_after` counts as `idle_state`; null is never. `heeds_faults` is whether closing is
    paused on an account while a fault disconnects it (closing H4).
    """

    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.PRO)
    addons = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    entitled_since = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="America/Bogota")
    language = models.CharField(max_length=10, default="es")
    idle_after = models.DurationField(null=True, blank=True, default=IDLE_AFTER, db_default=IDLE_AFTER)
    idle_state = models.CharField(
        max_length=10, choices=State.choices, default=State.RECEIVING, db_default=State.RECEIVING
    )
    heeds_faults = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "workspace"

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of permissions; every workspace starts with `admin` and `seller`, and may make its own.

    `name` is empty for those two, which are called differently in each language. `admin` always has everything.
    """

    ADMIN = "admin"
    SELLER = "seller"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="roles")
    key = models.CharField(max_length=20)
    name = models.CharField(max_length=60, blank=True, db_default="", default="")
    permissions = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        db_table = "role"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "key"], name="role_key_once"),
            models.UniqueConstraint("workspace", Lower("name"), condition=~models.Q(name=""), name="role_name_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.name or str({self.ADMIN: _("Administrator"), self.SELLER: _("Seller")}.get(self.key, self.key))

    @property
    def is_own(self) -> bool:
        """Whether the workspace made it, and may rename or delete it."""
        return bool(self.name)

    def within(self, permissions: Collection[str]) -> bool:
        """Whether it allows nothing that is not among `permissions`."""
        return set(self.permissions) <= set(permissions)


class AgentManager(BaseUserManager["Agent"]):
    """Finds agents the way they sign in, by e-mail whatever its case; each comes with what says what they may do."""

    def get_queryset(self) -> models.QuerySet[Agent]:
        return super().get_queryset().select_related("role", "workspace")

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(email__iexact=username)


class Agent(AbstractBaseUser):
    """A person who answers, member of one workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="agents")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="agents")
    email = models.EmailField(_("E-mail"))
    name = models.CharField(_("Name"), max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=BandejaNow())

    objects = AgentManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "agent"
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="agent_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, permission: str) -> bool:
        """Whether this person's role allows `permission` (a `Permission` value)."""
        return self.is_active and permission in self.role.permissions

    def reaches(self, role: Role) -> bool:
        """Whether this person may give that role, or act upon who has it: nobody gives what they do not have."""
        return role.within(self.role.permissions)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split(" ", maxsplit=1)[0]

    def natural_key(self) -> tuple[Any, ...]:
        return (self.email,)

    @cached_property
    def teammates(self) -> list[tuple[int, int, bool]]:
        """Who is in the teams this person is in: (team, agent, whether they lead it). Asked once per request."""
        mine = Membership.objects.filter(agent=self).values("team")
        return list(Membership.objects.filter(team__in=mine).values_list("team_id", "agent_id", "leads"))


class Presence(models.Model):
    """Whether an agent is there: what they chose and when, and when their browser last told that they did something.

    Who never came in has none. `reply` is what contacts are answered while they are away; blank is nothing.
    """

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True, related_name="presence")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ONLINE)
    chosen_at = models.DateTimeField(db_default=BandejaNow())
    seen_at = models.DateTimeField(db_default=BandejaNow())
    reply = models.TextField(db_default="", default="")

    class Meta:
        db_table = "presence"


class Team(models.Model):
    """A named set of agents, some of whom may lead it: they see its conversations."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(_("Name"), max_length=60)
    agents = models.ManyToManyField(Agent, through="Membership", related_name="teams")

    class Meta:
        db_table = "team"
        constraints: ClassVar = [models.UniqueConstraint("workspace", Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An agent in a team; `leads` lets them see its conversations, whoever owns them."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships")
    leads = models.BooleanField(db_default=False, default=False)

    class Meta:
        db_table = "membership"
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "agent"], name="membership_once")]


class Subject(models.TextChoices):
    """What an audit entry is about."""

    RULE = "rule", _("Closing rules")
    ACCOUNT = "account", _("Accounts")
    APP = "app", _("Meta apps")
    ROLE = "role", _("Roles")
    PERSON = "person", _("People")
    TEAM = "team", _("Teams")
    CONTACT = "contact", _("Contacts")
    CALENDAR = "calendar", _("Business hours")
    WORKSPACE = "workspace", _("Workspace")
    FLOW = "flow", _("Flows")
    WEBHOOK = "webhook", _("Webhooks")
    TOKEN = "token", _("API tokens")


class Action(models.TextChoices):
    """What was done to it; with the subject it names a sentence."""

    CREATED = "created"
    PUBLISHED = "published"
    CHANGED = "changed"
    DELETED = "deleted"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    TOKEN_RENEWED = "token_renewed"  # noqa: S105  not a secret
    INVITED = "invited"
    LINK_GIVEN = "link_given"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  not a secret
    SESSIONS_ENDED = "sessions_ended"
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CODES_MADE = "codes_made"
    SECOND_STEP_REMOVED = "second_step_removed"
    TIED = "tied"
    ASSIGNING_CHANGED = "assigning_changed"
    ERASED = "erased"
    CLOSING_RETRIED = "closing_retried"
    CLOSING_PAUSED = "closing_paused"
    CLOSING_RESUMED = "closing_resumed"
    IMPORTED = "imported"
    CLOSINGS_UNDONE = "closings_undone"
    CLOSING_INCLUDED = "closing_included"
    INCLUSION_UNDONE = "inclusion_undone"


class AuditEntry(models.Model):
    """Who did what to which rule, account, role or person, before and after; the database refuses to edit it.

    `name` and `agent_name` are what the two were called then: an entry is read long after both are gone.
    """

    workspace_id = models.BigIntegerField()
    subject = models.CharField(max_length=20, choices=Subject.choices)
    subject_id = models.BigIntegerField()
    name = models.TextField(blank=True)
    action = models.CharField(max_length=30, choices=Action.choices)
    agent_id = models.BigIntegerField(null=True)
    agent_name = models.TextField(blank=True)
    at = models.DateTimeField(db_default=BandejaNow())
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        db_table = "audit_entry"
        indexes: ClassVar = [
            models.Index(fields=["workspace_id", "-id"], name="audit_of_workspace"),
            models.Index(fields=["workspace_id", "subject", "subject_id", "-id"], name="audit_of_subject"),
        ]
