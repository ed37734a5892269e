"""What holds whenever people and roles change: an administrator stays, and nobody gives what they do not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Q, QuerySet

from bandeja.people.models import Agent, Membership, Permission, Role, Workspace


class LastAdministrator(Exception):
    """Nobody would be left who may do everything, and has ever come in."""


class Beyond(Exception):
    """It takes more permissions than whoever asked for it has."""


@contextmanager
def guarded(workspace_id: int) -> Iterator[None]:
    """A transaction that changes who may do what in a workspace, one at a time. Raises LastAdministrator."""
    with transaction.atomic():
        # Two administrators who demote each other at once would leave nobody.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
        administrators = Agent.objects.filter(workspace_id=workspace_id, is_active=True, role__key=Role.ADMIN)
        before, somebody_came = administrators.exists(), who_came(administrators).exists()
        yield
        # An invitation may have gone to an address that is nobody's.
        left = who_came(administrators) if somebody_came else administrators
        if before and not left.exists():
            raise LastAdministrator("At least one active administrator must remain.")


def who_came(among: QuerySet[Agent] | None = None) -> QuerySet[Agent]:
    """Those who have come in, or chose a password to come in with: more than an invitation under way."""
    came = Q(last_login__isnull=False) | ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return (Agent.objects.all() if among is None else among).filter(came)


def reach_of(agent: Agent) -> set[str]:
    """What whoever becomes this person may do: their role, and who leads a team sees what others have."""
    leads = Membership.objects.filter(agent=agent, leads=True).exists()
    role = Agent.objects.get(pk=agent.pk).role
    return {*role.permissions, *([Permission.SEE_ALL.value] if leads else [])}


def require_reach(by: Agent | None, *wanted: Collection[str]) -> None:
    """Refuse, within `guarded`, what takes more than `by` has at this instant; None is the operator.

    Raises Beyond.
    """
    if by is None:
        return
    now = Agent.objects.get(pk=by.pk)
    own = set(now.role.permissions) if now.may(Permission.MANAGE_PEOPLE) else set()
    if not own or any(not set(permissions) <= own for permissions in wanted):
        raise Beyond("Nobody gives, or takes away, what they do not have themselves.")
