"""What a contact is told once a rule has closed their conversation, if the rule says so (closing W6).

That it is owed is written with the closing, in its transaction; telling them is another, which takes that row away.
So nobody is told of a closing that did not happen, and nobody twice, whatever is killed where.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from bandeja.closing.courtesy import Courtesy
from bandeja.closing.models import Farewell, Rule
from bandeja.closing.saying import FAREWELL, hears, is_read_until, lock, say
from bandeja.conversations.models import Conversation, Status
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.people.clock import database_now

log = logging.getLogger(__name__)

BATCH = 100
"""The most that one step tells; each in a transaction of its own."""
FRESH = timedelta(minutes=10)
"""How long after its closing somebody is told of it: later it would come out of nowhere."""

OWE = statement("bandeja.closing", "owe")
OWED = """
    select farewell.conversation_id, coalesce(conversation.account_id, 0)
    from farewell
    left join conversation on conversation.id = farewell.conversation_id
    where coalesce(conversation.account_id, 0) <> all(%(held)s::bigint[])
    order by farewell.closed_at, farewell.conversation_id
    limit %(most)s
"""


def owe(conversation_ids: Sequence[int], rule_id: int) -> None:
    """Have the contacts of what this rule has just closed told, in the closing's transaction, if it says anything."""
    with run(OWE, {"ids": list(conversation_ids), "rule": rule_id}):
        pass


def step() -> int:
    """Tell those who are owed a word, the oldest closing first; answers how many are settled. Safe in any number.

    Where some have to wait, those of other accounts have their turn in this very step.
    """
    done = 0
    held: set[int] = set()
    while True:
        owed = _owed(held)
        waiting = [account_id for conversation_id, account_id in owed if not _settled(conversation_id)]
        done += len(owed) - len(waiting)
        if len(owed) < BATCH or not waiting:
            return done
        held.update(waiting)


def _owed(held: Collection[int]) -> list[tuple[int, int]]:
    """(conversation, account) of those who are owed a word, but on the accounts in `held`."""
    with run(OWED, {"held": sorted(held), "most": BATCH}) as cursor:
        return cursor.fetchall()


def _settled(conversation_id: int) -> bool:
    """Whether this one is owed nothing any more. What fails is tried again, until it is too late to tell."""
    try:
        with transaction.atomic():
            return _tell(conversation_id)
    except DatabaseError as error:
        if is_outage(error):
            raise
        log.exception("The closing message of conversation %s could not be written", conversation_id)
        return False


def _tell(conversation_id: int) -> bool:
    conversation = lock(conversation_id)
    owed = Farewell.objects.select_for_update().filter(pk=conversation_id).first()
    if owed is None or (conversation is None and Conversation.objects.filter(pk=conversation_id).exists()):
        return False
    at = database_now()
    if conversation and _is_still_so(conversation, owed, at):
        if not is_read_until(conversation.account_id, owed.closed_at, at):
            return False
        _say(conversation, owed, at)
    owed.delete()
    return True


def _is_still_so(conversation: Conversation, owed: Farewell, at: datetime) -> bool:
    closed = conversation.status == Status.CLOSED and conversation.closed_at == owed.closed_at
    return closed and at - owed.closed_at <= FRESH and hears(conversation)


def _say(conversation: Conversation, owed: Farewell, at: datetime) -> None:
    """By the rule as it is now; one that is gone says nothing."""
    if rule := Rule.objects.filter(pk=owed.rule_id).first():
        say(conversation, Courtesy.of(rule).farewell, FAREWELL, rule=rule, at=at, until=owed.closed_at + FRESH)
