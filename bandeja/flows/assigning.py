"""To whom a flow gives a conversation."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from bandeja.attendance import assigning
from bandeja.conversations.lifecycle import To
from bandeja.flows.known import Known
from bandeja.flows.models import Turn
from bandeja.flows.moment import Moment
from bandeja.people.presence import receivers

PERSON, OWNER, NOBODY, TEAM, IN_TURN, LEAST_BUSY = "person", "owner", "nobody", "team", "in_turn", "least_busy"


def target(moment: Moment, way: str, agent_id: int | None, team_id: int | None) -> To | None:
    """Whom it goes to now; None when nobody receives."""
    if way in {IN_TURN, LEAST_BUSY}:
        return _one_of(moment, way, team_id)
    fixed = {OWNER: To(contacts_owner=True), NOBODY: To(), TEAM: To(team_id=team_id), PERSON: To(agent_id)}
    return fixed[way]


def told(known: Known, way: str, agent_id: int | None, team_id: int | None) -> str:
    """The same in words."""
    team = known.name("teams", team_id) if team_id else _("everybody")
    return {
        PERSON: _("to %(name)s") % {"name": known.name("agents", agent_id)},
        OWNER: _("to the contact's owner"),
        NOBODY: _("to nobody"),
        TEAM: _("to the team %(team)s") % {"team": team},
        IN_TURN: _("in turn among %(team)s") % {"team": team},
        LEAST_BUSY: _("to whoever of %(team)s has the fewest open") % {"team": team},
    }.get(way, "")


def holder(known: Known, agent_id: int | None, team_id: int | None) -> str:
    """A person, a team, or a person within a team."""
    names = [known.name("agents", agent_id)] if agent_id else []
    return " · ".join([*names, *([known.name("teams", team_id)] if team_id else [])])


def faults(way: str, agent_id: int | None, team_id: int | None) -> Mapping[str, str]:
    if way == PERSON and not agent_id:
        return {"agent": _("Choose the person.")}
    if way == TEAM and not team_id:
        return {"team": _("Choose the team.")}
    return {}


def _one_of(moment: Moment, way: str, team_id: int | None) -> To | None:
    people = receivers(moment.workspace.pk)
    if team_id:
        people = people.filter(memberships__team=team_id)
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    if way == LEAST_BUSY:
        return To(assigning.least_busy(ids, 1)[0], team_id)
    return To(_next(moment, ids), team_id)


def _next(moment: Moment, ids: list[int]) -> int:
    """Whoever comes after the last at this step; its row is locked, so that nobody has two turns at once."""
    of_step = {"flow_id": moment.run.flow_id, "step": moment.step}
    Turn.objects.bulk_create([Turn(**of_step)], ignore_conflicts=True)
    turn = Turn.objects.select_for_update().get(**of_step)
    chosen = assigning.in_turn(ids, turn.agent_id, 1)[0]
    Turn.objects.filter(pk=turn.pk).update(agent_id=chosen)
    return chosen
