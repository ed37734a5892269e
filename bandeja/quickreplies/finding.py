"""Which quick replies an agent has, and which of them a word finds."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from bandeja.people.models import Agent, Permission
from bandeja.quickreplies.models import QuickReply

SHOWN = 8
MOST = 500
"""The most that one agent sees, and that are searched."""
SHARES = Permission.MANAGE_ACCOUNTS
"""Who may change what the workspace shares."""


def within_reach(agent: Agent) -> QuerySet[QuickReply]:
    """The agent's own, and those that everybody here has."""
    theirs = QuickReply.objects.filter(Q(agent=agent) | Q(agent=None), workspace=agent.workspace_id)
    return theirs.order_by("word", "pk")


def changeable(agent: Agent) -> QuerySet[QuickReply]:
    """Those that the agent may change."""
    found = within_reach(agent)
    return found if agent.may(SHARES) else found.filter(agent=agent)


def found(agent: Agent, sought: str) -> Sequence[QuickReply]:
    """What `sought` finds, whatever its case and accents: words that begin so, then words and texts that hold it.

    One's own comes before what is shared under the same word.
    """
    sought = plain(sought)
    ranked = [(rank, each) for each in within_reach(agent)[:MOST] if (rank := _rank(each, sought)) is not None]
    ranked.sort(key=lambda pair: (pair[0], plain(pair[1].word), pair[1].agent_id is None))
    return [each for _, each in ranked[:SHOWN]]


def plain(text: str) -> str:
    """A text without accents, in small letters."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def _rank(reply: QuickReply, sought: str) -> int | None:
    word = plain(reply.word)
    if word.startswith(sought):
        return 0
    if sought in word:
        return 1
    return 2 if sought in plain(reply.text) else None
