"""Snoozing against everything else at once, on connections of their own: nobody who writes is left out of sight, and
nothing closes before its whole time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import connection

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.keeping import NotAhead
from bandeja.conversations.models import Cause, Closure, Conversation, Event
from bandeja.conversations.scope import Scope
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.test_races import Crowd, Numbers, contact_writes_at_once, finish, shop, swept, team_works, wrongs

__all__ = ["shop"]

WRONGS = {
    "out of sight though its contact has written since": """
        select count(*) from conversation
        where snoozed_at is not null and exists (
            select from message
            where conversation_id = conversation.id and counts and message.created_at > snoozed_at
        )""",
    "closed by a rule before its whole time was over since it was back": """
        select count(*) from closure join event using (conversation_id)
        where cause = 'rule' and kind = 'conversation_woken'
          and closed_at >= event.at and closed_at < event.at + interval '1 minute'""",
    "unread that is less than what was joined": """
        select count(*) from conversation
        where unread < (select count(*) from message where conversation_id = conversation.id and counts)""",
}


def wrongs_of_snoozing() -> dict[str, int]:
    told = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            told[what] = cursor.fetchone()[0]
    found = {what: number for what, number in told.items() if number}
    return found | {what: number for what, number in wrongs().items() if not what.startswith("unread")}


def snoozes(shop: Cast, who: Agent) -> Callable[[], None]:
    """Somebody puts a few out of sight, until they write or for some seconds, and brings others back."""
    scope, by = Scope.of(who), Actor.agent(who)

    def some(count: int, **of: object) -> list[int]:
        ids = list(Conversation.objects.filter(status="open", **of).values_list("pk", flat=True)[:40])
        return random.sample(ids, min(count, len(ids)))

    def snooze() -> None:
        until = random.choice([None, database_now() + timedelta(seconds=random.randint(20, 200))])
        with suppress(NotAhead):  # time runs fast here: it may have passed by when the rows are locked
            lifecycle.snooze(some(3), scope=scope, by=by, until=until)
        if random.random() < 0.3:
            lifecycle.wake(some(1, snoozed_at__isnull=False), scope=scope, by=by, clock=coverage.clock)
        if random.random() < 0.2:
            with suppress(NotAhead):
                lifecycle.keep(some(1), scope=scope, by=by, until=database_now() + timedelta(seconds=30))
        if random.random() < 0.3:
            chosen = some(2, snoozed_at__isnull=False)
            lifecycle.close(chosen, scope=scope, by=by, reason="Ya", cause=Cause.AGENT)
        time.sleep(random.random() * 0.01)

    return snooze


def comes_back() -> None:
    if not lifecycle.release_due(coverage.clock):
        time.sleep(0.002)


def test_contacts_write_while_people_snooze_wake_and_close_and_nobody_is_left_out_of_sight(shop: Cast) -> None:
    numbers = Numbers()
    crowd = Crowd()
    crowd.add(contact_writes_at_once(shop, numbers), 3)
    crowd.add(snoozes(shop, shop.ana))
    crowd.add(snoozes(shop, shop.ana))
    crowd.add(comes_back, 2)
    crowd.add(team_works(shop))
    crowd.add(swept, 2)
    crowd.run()
    assert wrongs_of_snoozing() == {}
    lifecycle.wake(
        list(Conversation.objects.exclude(kept_at=None).values_list("pk", flat=True)),
        scope=Scope.of(shop.ana), by=Actor.agent(shop.ana), clock=coverage.clock,
    )  # fmt: skip
    finish(shop)
    assert wrongs_of_snoozing() == {}
    woken = Event.objects.filter(kind="conversation_woken").values_list("actor_kind", flat=True)
    assert {"contact", "system", "agent"} <= set(woken), "too quiet to prove anything"
    assert Closure.objects.filter(cause=Cause.RULE).exists()
    assert not Conversation.objects.filter(armed_at__isnull=False).exists(), "something due was never closed"
