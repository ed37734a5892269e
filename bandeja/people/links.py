"""One-time links: the first administrator's, and those that `bandeja admin` prints. Each ends when it is used."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from bandeja.people import guard
from bandeja.people.clock import database_now
from bandeja.people.models import (
    ADMIN_PERMISSIONS,
    INBOX_ADDON,
    SELLER_PERMISSIONS,
    Agent,
    Plan,
    Role,
    Workspace,
)

FIRST_EMAIL = "admin@bandeja.invalid"
"""Stands in until the first administrator gives theirs; `.invalid` never resolves (RFC 2606)."""


def make_workspace(name: str, *, language: str = "", time_zone: str = "") -> Workspace:
    """A workspace with its two roles, and the plan a self-hosted one starts with: Pro and Inbox (closing R5).

    Its language and time zone are the installation's unless others are given.
    """
    with transaction.atomic():
        workspace = Workspace.objects.create(
            name=name,
            plan=Plan.PRO,
            addons=[INBOX_ADDON],
            entitled_since=database_now(),
            language=language or settings.LANGUAGE_CODE,
            time_zone=time_zone or settings.BANDEJA_TIME_ZONE,
        )
        Role.objects.create(workspace=workspace, key=Role.ADMIN, permissions=ADMIN_PERMISSIONS)
        Role.objects.create(workspace=workspace, key=Role.SELLER, permissions=SELLER_PERMISSIONS)
    return workspace


def make_agent(workspace: Workspace, email: str, *, role: str = Role.SELLER, name: str = "") -> Agent:
    """A member with no password yet: they choose it through their link. Raises Role.DoesNotExist."""
    agent = Agent(workspace=workspace, role=workspace.roles.get(key=role), email=email, name=name)
    agent.set_unusable_password()
    agent.save()
    return agent


def link(agent: Agent, url: str) -> str:
    """The address where `agent` chooses a password, below `url`; good once, for three days."""
    uid = urlsafe_base64_encode(force_bytes(agent.pk))
    return f"{url.rstrip('/')}/welcome/{uid}/{default_token_generator.make_token(agent)}"


def first_link(url: str) -> str | None:
    """The first administrator's link, made with their workspace if need be; None once anybody has come in."""
    with transaction.atomic():
        if guard.who_came().exists():
            return None
        agent = Agent.objects.filter(role__key=Role.ADMIN, is_active=True).order_by("pk").first()
        agent = agent or make_agent(make_workspace("Bandeja"), FIRST_EMAIL, role=Role.ADMIN)
    return link(agent, url)


def follow(uid: str, token: str) -> Agent | None:
    """The agent a link belongs to, or None when it is not good (any more)."""
    try:
        agent = Agent.objects.get(pk=force_str(urlsafe_base64_decode(uid)), is_active=True)
    except (Agent.DoesNotExist, ValueError, OverflowError):
        return None
    return agent if default_token_generator.check_token(agent, token) else None
