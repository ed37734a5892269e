"""What can happen to a member: invited, another role, deactivated, reactivated. There is always an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bandeja.people import links
from bandeja.people.models import Agent, Permission, Workspace


class LastAdministrator(Exception):
    """Nobody would be left who may manage people."""


def welcome(
    uid: str, token: str, *, password: str, name: str, email: str = "", workspace: str = "", time_zone: str = ""
) -> Agent | None:
    """Use a one-time link: its agent's password and name, and a first administrator's e-mail and workspace.

    Answers None when the link is not good any more. Raises ValidationError for a weak password.
    """
    with transaction.atomic():
        agent = links.follow(uid, token)
        # Locked and followed again: of two that use a link at once, the second must find it used.
        if agent is None or not Agent.objects.select_for_update().filter(pk=agent.pk).exists():
            return None
        agent = links.follow(uid, token)
        if agent is None:
            return None
        agent.name, agent.email = name, email or agent.email
        validate_password(password, agent)
        agent.set_password(password)
        agent.save(update_fields=["name", "email", "password"])
        _name_workspace(agent.workspace_id, workspace, time_zone)
    return agent


def _name_workspace(key: int, name: str, time_zone: str) -> None:
    """What was not given stays as it is."""
    given = {column: value for column, value in (("name", name), ("time_zone", time_zone)) if value}
    if given:
        Workspace.objects.filter(pk=key).update(**given)


def change_role(agent: Agent, key: str) -> bool:
    """Give an agent another role; answers whether it changed. Raises LastAdministrator and Role.DoesNotExist."""
    with _guarded(agent.workspace_id):
        role = agent.workspace.roles.get(key=key)
        return bool(Agent.objects.filter(pk=agent.pk).exclude(role=role).update(role=role))


def deactivate(agent: Agent) -> bool:
    """Close the door to an agent: their sessions end. What they own stays theirs. Raises LastAdministrator."""
    with _guarded(agent.workspace_id):
        return bool(Agent.objects.filter(pk=agent.pk, is_active=True).update(is_active=False))


def reactivate(agent: Agent) -> bool:
    """Let an agent in again, with the password they had; answers whether they were out."""
    return bool(Agent.objects.filter(pk=agent.pk, is_active=False).update(is_active=True))


@contextmanager
def _guarded(workspace_id: int) -> Iterator[None]:
    with transaction.atomic():
        # One at a time: two administrators who demote each other at once would leave nobody.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
        yield
        left = Agent.objects.filter(
            workspace_id=workspace_id, is_active=True, role__permissions__contains=[Permission.MANAGE_PEOPLE]
        )
        if not left.exists():
            raise LastAdministrator("At least one active administrator must remain.")


def mail_link(agent: Agent, address: str) -> bool:
    """Send an agent their one-time link; False when mail is not set up or the mail server did not take it."""
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return False
    text = render_to_string("people/invitation.txt", {"agent": agent, "address": address})
    subject = _("Your access to %(workspace)s") % {"workspace": agent.workspace.name}
    try:
        # A header of one line, whatever the workspace is called.
        return bool(send_mail(" ".join(subject.split()), text, None, [agent.email]))
    except OSError:  # smtplib's own exceptions are OSErrors too
        return False
