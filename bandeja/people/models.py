"""Who works here: workspaces, the roles in them, the agents who answer, and their teams."""

from __future__ import annotations

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


class Permission(models.TextChoices):
    """What a role may allow; the names are stored, so they never change."""

    MANAGE_CLOSING = "manage_closing", _("Manage closing rules")
    MANAGE_ACCOUNTS = "manage_accounts", _("Manage accounts")
    MANAGE_PEOPLE = "manage_people", _("Manage people")
    SEE_ALL = "see_all", _("See all conversations")
    SEE_UNASSIGNED = "see_unassigned", _("See unassigned conversations")


ADMIN_PERMISSIONS = [permission.value for permission in Permission]
SELLER_PERMISSIONS = [Permission.MANAGE_CLOSING.value, Permission.SEE_UNASSIGNED.value]


class Workspace(models.Model):
    """One company's inbox. `entitled_since` is null while its plan lacks closing rules (closing R5)."""

    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.PRO)
    addons = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    entitled_since = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="America/Bogota")
    language = models.CharField(max_length=10, default="es")
    created_at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "workspace"

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of permissions; every workspace starts with `admin` and `seller`."""

    ADMIN = "admin"
    SELLER = "seller"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="roles")
    key = models.CharField(max_length=20)
    permissions = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        db_table = "role"
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "key"], name="role_key_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def title(self) -> str:
        return str({self.ADMIN: _("Administrator"), self.SELLER: _("Seller")}.get(self.key, self.key))


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
