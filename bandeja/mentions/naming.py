"""Naming people in a note: an @ and a name, as it is shown elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet

from bandeja.conversations.models import Conversation, Message
from bandeja.conversations.scope import who_may_see
from bandeja.mentions.models import Mention
from bandeja.people.models import Agent, BandejaNow

MOST = 200
"""The most people of a workspace that are looked at."""
OFFERED = 8


def named(text: str, agents: Iterable[Agent]) -> list[Agent]:
    """Whom a text names: an @ that nothing is glued to, and a whole name, the longest that fits. Pure.

    Two people of one name are both meant.
    """
    known: dict[str, list[Agent]] = {}
    for agent in agents:
        known.setdefault(str(agent).casefold(), []).append(agent)
    found = [known[name] for name in _names(text.casefold(), known)]
    return list(dict.fromkeys(agent for namesakes in found for agent in namesakes))


def record(message: Message) -> list[Mention]:
    """Write down whom a note names, of those who may see its conversation. Once, in the note's own transaction."""
    conversation = message.conversation
    others = [
        each for each in named(message.text, _members(message.workspace_id)[:MOST]) if each.pk != message.author_id
    ]
    mentions = [
        Mention(workspace_id=message.workspace_id, conversation=conversation, message=message, agent=agent)
        for agent in (who_may_see(conversation, others) if others else ())
    ]
    return Mention.objects.bulk_create(mentions)


def see(agent: Agent, conversation_id: int) -> int:
    """The agent has the conversation on screen; answers how many mentions were not seen before."""
    unseen = Mention.objects.filter(agent=agent, conversation=conversation_id, seen_at=None)
    return unseen.update(seen_at=BandejaNow())


def offered(conversation: Conversation, sought: str, *, to: Agent) -> Sequence[Agent]:
    """Who may be named there, but for oneself: those in whose name or address `sought` stands."""
    sought = sought.casefold()
    fits = [
        agent
        for agent in _members(conversation.workspace_id)[:MOST]
        if agent.pk != to.pk and (sought in agent.name.casefold() or sought in agent.email.casefold())
    ]
    return who_may_see(conversation, fits)[:OFFERED]


def _members(workspace_id: int) -> QuerySet[Agent]:
    return Agent.objects.filter(workspace_id=workspace_id, is_active=True).order_by("name", "email")


def _names(text: str, known: Iterable[str]) -> Iterator[str]:
    if not (longest_first := "|".join(map(re.escape, sorted(known, key=len, reverse=True)))):
        return
    for match in re.finditer(rf"(?<![\w@])@({longest_first})(?!\w)", text):
        yield match[1]
