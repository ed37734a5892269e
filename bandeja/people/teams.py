"""The verbs of teams: made or changed, and deleted. A name is once in a workspace, in whatever case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction

from bandeja.people import audit
from bandeja.people.models import Action, Agent, Membership, Permission, Subject, Team, Workspace


class NameTaken(Exception):
    """Another team of the workspace is called so."""


def may_manage(agent: Agent) -> bool:
    """Whether this person may say who is in a team: its leaders see what others own, so only who sees all may."""
    return agent.may(Permission.MANAGE_PEOPLE) and agent.may(Permission.SEE_ALL)


def save(
    workspace: Workspace,
    name: str,
    *,
    members: Collection[int],
    leaders: Collection[int],
    team: Team | None = None,
    by: Agent | None,
) -> Team:
    """Make a team, or change one: who is in it and who leads it, which makes them members too.

    Only active agents of the workspace count. Raises NameTaken.
    """
    here = Agent.objects.filter(workspace=workspace, is_active=True, pk__in={*members, *leaders})
    try:
        with transaction.atomic():
            # One at a time: of two that are saved at once the later stands whole.
            Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
            team = team or Team(workspace=workspace)
            before = snapshot(team) if team.pk else None
            team.name = name
            team.save()
            # Who is deactivated was not offered, and is in it again when they come back.
            Membership.objects.filter(team=team, agent__is_active=True).delete()
            rows = [Membership(team=team, agent=agent, leads=agent.pk in leaders) for agent in here.order_by("pk")]
            Membership.objects.bulk_create(rows)
            _record(team, Action.CHANGED if before else Action.CREATED, by, before=before, after=snapshot(team))
    except IntegrityError as error:
        raise NameTaken(f"There is a team called {name} already.") from error
    return team


def delete(team: Team, *, by: Agent | None) -> None:
    """Delete a team; what it was given has no team any more, and stays its owners'."""
    with transaction.atomic():
        _record(team, Action.DELETED, by, before=snapshot(team))
        team.delete()


def snapshot(team: Team) -> dict[str, Any]:
    """The team as the audit log keeps it: who is in it, and who leads it, by their names."""
    inside = Membership.objects.filter(team=team).select_related("agent").order_by("agent__name", "agent_id")
    leaders = [str(each.agent) for each in inside if each.leads]
    return {"name": team.name, "members": [str(each.agent) for each in inside], "leaders": leaders}


def _record(team: Team, action: Action, by: Agent | None, **more: Any) -> bool:
    return audit.record(Subject.TEAM, team, action, workspace_id=team.workspace_id, name=team.name, by=by, **more)
