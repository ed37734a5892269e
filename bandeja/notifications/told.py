"""What somebody has been told and may still look at: every lookup of notifications goes through them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.notifications.models import Kind, Notification, Preference
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from bandeja.realtime.word import say

SHOWN = 30
MOST_COUNTED = 99
IS_HEARD = ExpressionWrapper(Q(sound=True, quiet=False), output_field=BooleanField())


def told(agent: Agent) -> QuerySet[Notification]:
    """A person's notifications, newest first, of conversations they may see."""
    may_see = Scope.of(agent).filter(Conversation.objects.all())
    return Notification.objects.filter(agent=agent, conversation__in=may_see).order_by("-at", "-pk")


def unread(agent: Agent) -> QuerySet[Notification]:
    """Those that still wait: a message in a conversation that somebody has read meanwhile does not."""
    return told(agent).filter(read_at=None).exclude(kind=Kind.MESSAGE, conversation__unread=0)


def unread_count(agent: Agent) -> str:
    """How many wait, said no further than 99+; nothing for none."""
    return _said(unread(agent).order_by()[: MOST_COUNTED + 1].count())


def _said(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


def read(agent: Agent, conversation_ids: Iterable[int] | None = None) -> int:
    """They have seen what they were told, all or of these conversations; answers how many that were."""
    waiting = Notification.objects.filter(agent=agent, read_at=None)
    if conversation_ids is not None:
        waiting = waiting.filter(conversation_id__in=list(conversation_ids))
    with transaction.atomic():
        count = Notification.objects.filter(pk__in=held(waiting)).update(read_at=database_now(), push_at=None)
    if count:
        say([agent.pk], "notified", {})  # their other pages
    return count


def held(rows: QuerySet[Notification]) -> list[int]:
    """Lock these in the order in which gathering takes them (`gather.sql`): in another, two wait for each other."""
    return list(rows.order_by("agent_id", "conversation_id", "kind").select_for_update().values_list("pk", flat=True))


def waiting(agent: Agent) -> tuple[str, bool]:
    """What the bell of a page says, in one query: how many wait, and whether one may be heard."""
    few = ArraySubquery(unread(agent).order_by().values("pk")[: MOST_COUNTED + 1])
    heard = Subquery(Preference.objects.filter(agent=OuterRef("pk")).values(heard=IS_HEARD))
    found, is_heard = Agent.objects.filter(pk=agent.pk).values_list(few, heard).get()
    at_first = not Preference().quiet and Preference().sound  # who never chose
    return _said(len(found)), at_first if is_heard is None else is_heard


def preference(agent: Agent) -> Preference:
    """What they chose; the defaults, unsaved, for who never did."""
    return Preference.objects.filter(agent=agent).first() or Preference(agent=agent)
