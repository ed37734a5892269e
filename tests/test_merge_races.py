"""Contacts merged, erased and tagged while they write, are answered and are closed on: nothing is lost, nobody waits
in a circle.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import connection, transaction

from bandeja.channels.contract import Inbound
from bandeja.channels.models import Receipt
from bandeja.closing import coverage
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import erase
from bandeja.conversations.events import publish
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Closure, Contact, Conversation, Erasure, Event, Message
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.test_races import Crowd, Numbers, drained, finish, shop, store, swept, team_works

__all__ = ["shop"]

WRITERS = 30
"""Who writes is one of as many as wrote last: new people come as fast as others are merged."""

WRONGS = {
    "closed on somebody who had written in time": """
        select count(*) from closure join message using (conversation_id)
        where closure.cause = 'rule' and closure.overtaken_at is null and message.counts
          and message.received_at > closure.armed_at and message.received_at <= closure.deadline
          and closure.closed_at > coalesce((
              select max(at) from event
              where event.conversation_id = closure.conversation_id and kind = 'contact_merged'
          ), '-infinity')""",
    "openings and closings that do not alternate": """
        select count(*) from (
            select conversation.status,
                   count(*) filter (where kind in ('conversation_opened', 'conversation_reopened')) as opened,
                   count(*) filter (where kind = 'conversation_closed'
                                    or kind = 'contact_merged' and (data ->> 'both_open')::boolean) as closed
            from conversation join event on event.conversation_id = conversation.id
            group by conversation.id
        ) as told where opened - closed <> case status when 'open' then 1 else 0 end""",
    "unread that is not what was joined": """
        select count(*) from conversation
        where unread <> (select count(*) from message where conversation_id = conversation.id and counts)""",
    "a latest that is not the latest": """
        select count(*) from conversation
        where last_inbound_id <> (
            select max(id) from message where conversation_id = conversation.id and counts
        )""",
    "a closing without its event": """
        select count(*) from closure where not exists (select from event where event.closure_id = closure.id)""",
    "a contact nobody knows": """
        select count(*) from contact where not exists (select from identity where contact_id = contact.id)""",
}


def wrongs() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            found[what] = cursor.fetchone()[0]
    return {what: count for what, count in found.items() if count}


def somebody(numbers: Numbers) -> str:
    return f"c{max(0, numbers.number - random.randrange(WRITERS * 4)) // 4}"


def writes(shop: Cast, numbers: Numbers, *, by_door: bool) -> Callable[[], None]:
    """Stored for a drain, or joined at once by a transaction that takes its time."""

    def write() -> None:
        who, key = somebody(numbers), f"m{next(numbers)}"
        if by_door:
            store(shop, key, who)
        else:
            with transaction.atomic():
                lifecycle.receive([Inbound(shop.chat.pk, key, ("contact", who), text="!")], clock=coverage.clock)
                time.sleep(random.random() * 0.004)
        time.sleep(random.random() * 0.02)

    return write


def merges(shop: Cast) -> Callable[[], None]:
    scope, by = Scope(shop.workspace.pk), Actor.agent(shop.ana)

    def act() -> None:
        ids = list(Contact.objects.order_by("-pk").values_list("pk", flat=True)[:WRITERS])
        if len(ids) > 1:
            with suppress(Contact.DoesNotExist):  # somebody merged one of them at this very moment
                merge(*random.sample(ids, 2), scope=scope, by=by)
        time.sleep(random.random() * 0.03)

    return act


def works(shop: Cast) -> Callable[[], None]:
    """What the team does; a conversation that is merged away under its hands is not there, and that is all."""
    work, scope = team_works(shop), Scope(shop.workspace.pk)
    word = tags.make(shop.workspace.pk, "VIP")

    def act() -> None:
        ids = list(Conversation.objects.values_list("pk", flat=True)[:5])
        random.choice([tags.tag, tags.untag])(ids, [word.pk], scope=scope)
        with suppress(Conversation.DoesNotExist):
            work()

    return act


def test_contacts_are_merged_while_everybody_goes_on(shop: Cast) -> None:
    numbers = Numbers()
    crowd = Crowd()
    crowd.add(writes(shop, numbers, by_door=True), 2)
    crowd.add(writes(shop, numbers, by_door=False), 2)
    crowd.add(works(shop))
    crowd.add(merges(shop), 2)
    crowd.add(drained)
    crowd.add(swept, 2)
    crowd.add(publish)
    crowd.run()
    finish(shop)
    assert wrongs() == {}
    assert Message.objects.filter(counts=True).count() == numbers.number
    assert not Receipt.objects.filter(processed_at=None).exists()
    assert not Receipt.objects.filter(failures__gt=0).exists(), "a delivery met a contact that was gone"
    assert Event.objects.filter(kind="contact_merged").count() > 3, "too quiet to prove anything"
    assert Closure.objects.filter(cause="rule").count() > 3
    assert not Conversation.objects.filter(armed_at__isnull=False).exists(), "something due was never closed"


def test_contacts_are_erased_while_everybody_goes_on(shop: Cast) -> None:
    numbers, scope, by = Numbers(), Scope(shop.workspace.pk), Actor.agent(shop.ana)

    def erases() -> None:
        ids = list(Contact.objects.values_list("pk", flat=True)[:WRITERS])
        if ids:
            with suppress(Contact.DoesNotExist):  # erased at this very moment
                erase(random.choice(ids), scope=scope, by=by)
        time.sleep(random.random() * 0.05)

    crowd = Crowd()
    crowd.add(writes(shop, numbers, by_door=True), 2)
    crowd.add(writes(shop, numbers, by_door=False))
    crowd.add(works(shop))
    crowd.add(erases, 2)
    crowd.add(drained)
    crowd.add(swept)
    crowd.run()
    finish(shop)
    left, erased = Message.objects.filter(counts=True).count(), Erasure.objects.all()
    assert sum(each.messages for each in erased) + left >= numbers.number
    assert erased.count() > 2
    assert wrongs() == {}
