"""What the end of a list's address means to somebody: what bulk actions are handed to look conversations up."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import QueryDict

from bandeja.bulk.patience import in_time
from bandeja.conversations.models import Conversation
from bandeja.inbox.filters import Filters
from bandeja.inbox.rows import visible
from bandeja.people.models import Agent

COUNTED = 999
"""How far what matches is counted; more is said as 999+."""


def found(agent: Agent, query: str) -> QuerySet[Conversation]:
    """The conversations this person may see that match `query`, such as `?state=all`."""
    return Filters.read(QueryDict(query.removeprefix("?"))).apply(visible(agent), agent)


def count(agent: Agent, query: str) -> int:
    """How many those are, counted no further than one more than `COUNTED`: so many too if counting takes too long."""
    some = found(agent, query).order_by()[: COUNTED + 1]
    many = in_time(some.count)
    return COUNTED + 1 if many is None else many
