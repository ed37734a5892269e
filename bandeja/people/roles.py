"""The verbs of roles: make, change, delete. Nobody gives, or takes away, a permission they do not have."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower
from django.utils.translation import override

from bandeja.people import audit, members
from bandeja.people.guard import guarded, require_reach
from bandeja.people.models import Action, Agent, Permission, Role, Subject, Workspace

OWN_KEY_BYTES = 6


class NameTaken(Exception):
    """Another role of the workspace is called so, in some language."""


class InUse(Exception):
    """People have the role, so it takes another one for them to delete it."""


def make(workspace: Workspace, *, name: str, permissions: Collection[str], by: Agent | None) -> Role:
    """A role of the workspace's own. Raises NameTaken and Beyond."""
    with guarded(workspace.pk):
        permissions = _in_order(permissions)
        require_reach(by, permissions)
        _require_free(workspace.pk, name)
        key = f"own-{secrets.token_hex(OWN_KEY_BYTES)}"
        role = Role.objects.create(workspace=workspace, key=key, name=name, permissions=permissions)
        _record(role, Action.CREATED, by, after=snapshot(role))
    return role


def change(role: Role, *, name: str = "", permissions: Collection[str], by: Agent | None) -> bool:
    """Rename a role of one's own, and say anew what it allows, from the next request on; answers whether it changed.

    The administrators' cannot be changed. Raises NameTaken, Beyond and Role.DoesNotExist.
    """
    with guarded(role.workspace_id):
        role = _entered(role)
        permissions = _in_order(permissions)
        require_reach(by, role.permissions, permissions)
        before = snapshot(role)
        if role.is_own and name:
            _require_free(role.workspace_id, name, but=role)
            role.name = name
        role.permissions = permissions
        role.save(update_fields=["name", "permissions"])
        return _record(role, Action.CHANGED, by, before=before, after=snapshot(role))


def delete(role: Role, *, by: Agent | None, instead: Role | None = None) -> None:
    """Delete a role of the workspace's own; who has it gets `instead`. Raises InUse, Beyond and Role.DoesNotExist."""
    with guarded(role.workspace_id):
        role = _entered(role)
        if not role.is_own:
            raise Role.DoesNotExist
        require_reach(by, role.permissions)
        holders = list(role.agents.order_by("pk"))
        if holders and (instead is None or instead.pk == role.pk):
            raise InUse(f"{len(holders)} people have the role {role}.")
        for agent in holders:
            members.change_role(agent, instead.key if instead else "", by=by)
        before, key = snapshot(role), role.pk
        role.delete()
        audit.record(
            Subject.ROLE, key, Action.DELETED, workspace_id=role.workspace_id, name=str(role), by=by, before=before
        )


def _entered(role: Role) -> Role:
    """The role as it is now, the workspace being locked; the administrators' is not to be touched."""
    return Role.objects.exclude(key=Role.ADMIN).get(pk=role.pk, workspace=role.workspace_id)


def _in_order(permissions: Collection[str]) -> list[str]:
    """These permissions as they are kept: known ones, each once; who sees all sees the unassigned too."""
    chosen = {Permission(each) for each in permissions}
    if Permission.SEE_ALL in chosen:
        chosen.add(Permission.SEE_UNASSIGNED)
    return [each.value for each in Permission if each in chosen]


def _require_free(workspace_id: int, name: str, *, but: Role | None = None) -> None:
    others = Role.objects.filter(workspace=workspace_id).exclude(pk=but.pk if but else 0)
    taken = {str(other).casefold() for other in others}
    for code, _name in settings.LANGUAGES:
        with override(code):
            taken |= {Role(key=key).title.casefold() for key in (Role.ADMIN, Role.SELLER)}
    lowered = others.alias(lowered=Lower("name")).filter(lowered=name.lower())
    if name.casefold() in taken or lowered.exists():
        raise NameTaken(f"Another role is called {name}.")


def snapshot(role: Role) -> dict[str, Any]:
    """The role as the audit log keeps it."""
    return {"name": role.name, "permissions": list(role.permissions)}


def _record(role: Role, action: Action, by: Agent | None, **more: Any) -> bool:
    return audit.record(Subject.ROLE, role, action, workspace_id=role.workspace_id, name=str(role), by=by, **more)
