"""What holds whenever people and roles change: an administrator stays, and nobody gives what they do not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import transaction

from bandeja.people.models import Agent, Permission, Role, Workspace


class LastAdministrator(Exception):
    """Nobody would be left who may do everything."""


class Beyond(Exception):
    """It takes more permissions than whoever asked for it has."""


@contextmanager
def guarded(workspace_id: int) -> Iterator[None]:
    """A transaction that changes who may do what in a workspace, one at a time. Raises LastAdministrator."""
    with transaction.atomic():
        # Two administrators who demote each other at once would leave nobody.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
        yield
        if not Agent.objects.filter(workspace_id=workspace_id, is_active=True, role__key=Role.ADMIN).exists():
            raise LastAdministrator("At least one active administrator must remain.")


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
