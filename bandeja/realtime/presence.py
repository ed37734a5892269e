"""Who looks at a conversation, or writes in it: said every few seconds, forgotten after fifteen (others.js)."""

from __future__ import annotations

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.people.models import Agent, Membership
from bandeja.realtime.word import say

DOING = frozenset({"viewing", "writing", "gone"})


def tell(agent: Agent, conversation: Conversation, doing: str) -> None:
    """Tell the colleagues who may see the conversation what this agent is doing in it; `doing` is one of DOING."""
    told = {"c": conversation.pk, "a": agent.pk, "doing": doing}
    say([other.pk for other in _others(agent) if Scope.of(other).holds(conversation)], "present", told)


def _others(agent: Agent) -> list[Agent]:
    """Colleagues, with their teams asked for once for all of them."""
    others = list(Agent.objects.filter(workspace_id=agent.workspace_id, is_active=True).exclude(pk=agent.pk))
    found = Membership.objects.filter(team__workspace_id=agent.workspace_id)
    members = list(found.values_list("team_id", "agent_id", "leads"))
    for other in others:
        mine = {team for team, who, _leads in members if who == other.pk}
        other.teammates = [each for each in members if each[0] in mine]
    return others
