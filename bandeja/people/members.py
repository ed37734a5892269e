"""What can happen to a member: invited, another role, deactivated, reactivated. There is always an administrator.

`by` is the colleague who does it, None the operator's command. All raise Beyond where it would give, or take away,
more than `by` may do themselves; and `LastAdministrator`.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bandeja.people import audit, links, sessions
from bandeja.people.guard import guarded, reach_of, require_reach
from bandeja.people.models import Action, Agent, Role, Workspace


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
        sessions.end(agent)
        audit.of_person(agent, Action.PASSWORD_CHANGED, by=agent)
        _name_workspace(agent.workspace_id, workspace, time_zone)
    return agent


def _name_workspace(key: int, name: str, time_zone: str) -> None:
    """What was not given stays as it is."""
    given = {column: value for column, value in (("name", name), ("time_zone", time_zone)) if value}
    if given:
        Workspace.objects.filter(pk=key).update(**given)


def invite(workspace: Workspace, email: str, *, role: str, name: str = "", by: Agent | None) -> Agent:
    """A new member, who has yet to choose a password. Raises Role.DoesNotExist, IntegrityError for a taken e-mail."""
    with guarded(workspace.pk):
        require_reach(by, workspace.roles.get(key=role).permissions)
        agent = links.make_agent(workspace, email, role=role, name=name)
        audit.of_person(agent, Action.INVITED, by=by, after=snapshot(agent))
    return agent


def change_role(agent: Agent, key: str, *, by: Agent | None) -> bool:
    """Give an agent another role; answers whether it changed. Raises Role.DoesNotExist."""
    with guarded(agent.workspace_id):
        agent = Agent.objects.get(pk=agent.pk)
        role: Role = agent.workspace.roles.get(key=key)
        if role == agent.role:
            return False
        require_reach(by, agent.role.permissions, role.permissions)
        before, agent.role = snapshot(agent), role
        agent.save(update_fields=["role"])
        return audit.of_person(agent, Action.CHANGED, by=by, before=before, after=snapshot(agent))


def deactivate(agent: Agent, *, by: Agent | None) -> bool:
    """Close the door to an agent: their sessions and streams end. What they own stays theirs.

    Their id at the organisation's sign-in is forgotten: reactivated, they are known by their e-mail again.
    """
    with guarded(agent.workspace_id):
        agent = Agent.objects.get(pk=agent.pk)
        require_reach(by, agent.role.permissions)
        if not Agent.objects.filter(pk=agent.pk, is_active=True).update(is_active=False):
            return False
        SocialAccount.objects.filter(user=agent).delete()
        sessions.end(agent)
        return audit.of_person(agent, Action.DEACTIVATED, by=by)


def reactivate(agent: Agent, *, by: Agent | None) -> bool:
    """Let an agent in again, with the password they had; answers whether they were out."""
    with guarded(agent.workspace_id):
        agent = Agent.objects.get(pk=agent.pk)
        require_reach(by, agent.role.permissions)
        if not Agent.objects.filter(pk=agent.pk, is_active=False).update(is_active=True):
            return False
        return audit.of_person(agent, Action.REACTIVATED, by=by)


def sign_out(agent: Agent, *, by: Agent | None) -> bool:
    """End all of an agent's sessions; they may sign in again. Answers whether there were any."""
    with guarded(agent.workspace_id):
        require_reach(by, Agent.objects.get(pk=agent.pk).role.permissions)
        return bool(sessions.end(agent)) and audit.of_person(agent, Action.SESSIONS_ENDED, by=by)


def remove_second_step(agent: Agent, *, by: Agent | None) -> bool:
    """Let somebody who lost their phone in by their password alone; answers whether there was a second step."""
    with guarded(agent.workspace_id):
        require_reach(by, reach_of(agent))
        if not Authenticator.objects.filter(user=agent).delete()[0]:
            return False
        return audit.of_person(agent, Action.SECOND_STEP_REMOVED, by=by)


def give_link(agent: Agent, url: str, *, by: Agent | None) -> str:
    """A one-time link for an agent, below `url`: whoever has it can become them, so it is kept in the audit log."""
    with guarded(agent.workspace_id):
        require_reach(by, reach_of(agent))
        audit.of_person(agent, Action.LINK_GIVEN, by=by)
    return links.link(agent, url)


def change_password(agent: Agent, password: str, *, here: str | None = None) -> None:
    """Give oneself another password; one's sessions end, but for the one with the key `here`."""
    with transaction.atomic():
        agent.set_password(password)
        agent.save(update_fields=["password"])
        sessions.end(agent, but=here)
        audit.of_person(agent, Action.PASSWORD_CHANGED, by=agent)


def snapshot(agent: Agent) -> dict[str, str]:
    """The person as the audit log keeps them; a role of the workspace's own by the name it has now."""
    return {"name": agent.name, "email": agent.email, "role": agent.role.key, "role_name": agent.role.name}


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
