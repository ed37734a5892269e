"""Who looks at a conversation, or writes in it: said every few seconds, forgotten after fifteen (others.js)."""

from __future__ import annotations

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import who_may_see
from bandeja.people.models import Agent
from bandeja.realtime.word import say

DOING = frozenset({"viewing", "writing", "gone"})


def tell(agent: Agent, conversation: Conversation, doing: str) -> None:
    """Tell the colleagues who may see the conversation what this agent is doing in it; `doing` is one of DOING."""
    told = {"c": conversation.pk, "a": agent.pk, "doing": doing}
    others = Agent.objects.filter(workspace_id=agent.workspace_id, is_active=True).exclude(pk=agent.pk)
    say([other.pk for other in who_may_see(conversation, others)], "present", told)
