"""What a person may reach: every lookup of a conversation goes through one of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from bandeja.conversations.models import Conversation
from bandeja.people.models import Agent, Membership, Permission

WITHIN = """(
    workspace_id = %(workspace)s
    and (%(within_account)s::bigint is null or account_id = %(within_account)s)
    and (%(within_owner)s::bigint is null or owner_id = %(within_owner)s
         or (%(within_unassigned)s::boolean and owner_id is null and team_id is null)
         or (owner_id is null and team_id = any(%(within_teams)s::bigint[]))
         or team_id = any(%(within_led)s::bigint[])
         or (team_id is null and owner_id = any(%(within_guided)s::bigint[])))
)"""
"""A scope as the condition of the named statements, over the columns of `conversation`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The conversations of a workspace that somebody may see: all, or an owner's, perhaps the unassigned too.

    An owner also sees what their `teams` were given and nobody of them has taken; all of the teams they lead (`led`);
    and what the members of those (`guided`) own without it being any team's. What a team was given is not unassigned.
    `account_id` narrows it to one account: what an API channel's token reaches.
    """

    workspace_id: int
    owner_id: int | None = None
    unassigned: bool = False
    account_id: int | None = None
    teams: tuple[int, ...] = ()
    led: tuple[int, ...] = ()
    guided: tuple[int, ...] = ()

    @classmethod
    def of(cls, agent: Agent) -> Scope:
        if agent.may(Permission.SEE_ALL):
            return cls(agent.workspace_id)
        led = {team for team, who, leads in agent.teammates if leads and who == agent.pk}
        return cls(
            agent.workspace_id,
            agent.pk,
            unassigned=agent.may(Permission.SEE_UNASSIGNED),
            teams=tuple(sorted({team for team, _, _ in agent.teammates})),
            led=tuple(sorted(led)),
            guided=tuple(sorted({who for team, who, _ in agent.teammates if team in led})),
        )

    def filter(self, conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
        """Only those of `conversations` that lie in this scope."""
        return conversations.filter(self.condition)

    @property
    def is_whole(self) -> bool:
        """Whether every conversation of the workspace lies in this scope, those that are still to be among them."""
        return self.owner_id is None and self.account_id is None

    @property
    def only_owner(self) -> int | None:
        """Whose conversations alone lie in this scope, if just one person's do: the index of owners gives them."""
        return None if self.unassigned or self.teams or self.led else self.owner_id

    @property
    def condition(self) -> Q:
        """What a conversation in this scope is."""
        reach = Q(workspace_id=self.workspace_id)
        if self.account_id is not None:
            reach &= Q(account_id=self.account_id)
        if self.owner_id is not None:
            reach &= self._theirs()
        return reach

    def holds(self, conversation: Conversation) -> bool:
        """Whether one that is at hand lies in this scope: what `filter` says, without asking the database."""
        owner, team = conversation.owner_id, conversation.team_id
        if conversation.workspace_id != self.workspace_id or self.account_id not in {None, conversation.account_id}:
            return False
        if self.owner_id is None or owner == self.owner_id:
            return True
        if team is None:
            return self.unassigned if owner is None else owner in self.guided
        return team in self.led or (owner is None and team in self.teams)

    def _theirs(self) -> Q:
        theirs = Q(owner_id=self.owner_id)
        if self.unassigned:
            theirs |= Q(owner=None, team=None)
        if self.teams:
            theirs |= Q(owner=None, team__in=self.teams)
        if self.led:
            theirs |= Q(team__in=self.led) | Q(team=None, owner__in=self.guided)
        return theirs

    def params(self) -> dict[str, Any]:
        """The same, for `WITHIN`."""
        return {
            "workspace": self.workspace_id,
            "within_owner": self.owner_id,
            "within_unassigned": self.unassigned,
            "within_account": self.account_id,
            "within_teams": list(self.teams),
            "within_led": list(self.led),
            "within_guided": list(self.guided),
        }


def who_may_see(conversation: Conversation, agents: Iterable[Agent]) -> list[Agent]:
    """Those of `agents`, of its workspace, who may see one at hand: their teams are asked for once for all."""
    members: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
    teammates: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
    found = Membership.objects.filter(team__workspace_id=conversation.workspace_id)
    for team, who, leads in found.values_list("team_id", "agent_id", "leads"):
        members[team].append((team, who, leads))
    for of_team in members.values():
        for _team, who, _leads in of_team:
            teammates[who] += of_team
    seers = []
    for agent in agents:
        agent.teammates = teammates[agent.pk]
        if Scope.of(agent).holds(conversation):
            seers.append(agent)
    return seers
