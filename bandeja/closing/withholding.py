"""What a rule leaves open although its time is over, and when that ends (closing G2, G3).

The sweep withholds a closing where the rule says so; the conversation has no clock then. Here it is judged again,
round and round, whatever may have ended it: an answer, another owner, a tag taken off, another rule. Its clock starts
anew at that instant with the whole time, so that nothing ever closes at once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from bandeja.channels import gate
from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.closing.models import Waiting
from bandeja.closing.options import Options
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM
from bandeja.conversations.bell import ring
from bandeja.conversations.keeping import as_unheard
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import ContactValue, Conversation, Tagging, Withheld
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import as_json, is_outage, run, statement

log = logging.getLogger(__name__)

BATCH = 500
"""The most that are judged again at a time."""

EXEMPT = statement("bandeja.closing", "exempt")
NEXT = """
    select id, account_id from conversation
    where withheld_at is not null and id > %(after)s
    order by id
    limit %(limit)s
"""


def exempt(*, of: str, by: str) -> str:
    """The condition that the options of `by` spare the conversation `of`: both are names in a statement of ours."""
    return f"({EXEMPT.replace('{of}', of).replace('{by}', by)})"


def withholds(*, of: str, by: str) -> str:
    """What of the options of `by` withholds the closing of `of`, as an expression: both are names in a statement."""
    said = statement("bandeja.closing", "withholds").replace("{exempt}", exempt(of=of, by=by))
    return f"({said.replace('{of}', of).replace('{by}', by)})"


CHANGED = statement("bandeja.closing", "changed").replace("{withholds}", withholds(of="conversation", by="cover"))
RESUME = statement("bandeja.closing", "resume").replace("{withholds}", withholds(of="chosen", by="cover"))


def spares(options: Options) -> dict[str, Any]:
    """A rule's options as the statements read them."""
    return {
        "guards": options.guards,
        "exempt_tags": list(options.exempt_tags),
        "exempt_owners": list(options.exempt_owners),
        "exempt_field": options.exempt_field,
        "exempt_value": options.exempt_value,
    }


def held(conversations: Iterable[Conversation], covers: Mapping[int, Cover]) -> dict[int, Withheld]:
    """What would withhold the closing of each of these, were its time over now; those it would not are not in it.

    `covers` says what covers each account; nothing is asked of the database where no rule of theirs spares anything.
    """
    clocks = [(each, covers[each.account_id].options) for each in conversations if each.account_id in covers]
    clocks = [(each, options) for each, options in clocks if options.withholds and each.armed_at is not None]
    found = {each.pk: Withheld.WAITING for each, options in clocks if options.guards and waits(each)}
    tags = _tags([each.pk for each, options in clocks if options.exempt_tags])
    values = _values([each.contact_id for each, options in clocks if options.exempt_field])
    for each, options in clocks:
        said = values.get((each.contact_id, options.exempt_field or 0))
        if (
            each.owner_id in options.exempt_owners
            or not tags.get(each.pk, set()).isdisjoint(options.exempt_tags)
            or (said is not None and said.lower() == options.exempt_value.lower())
        ):
            found[each.pk] = Withheld.EXEMPT
    return found


def waits(conversation: Conversation) -> bool:
    """Whether its contact waits for an answer: a person of ours has not written since they did (closing G2)."""
    wrote, answered = conversation.last_inbound_at, conversation.answered_at
    return wrote is not None and (answered is None or answered < wrote)


def _tags(ids: Sequence[int]) -> dict[int, set[int]]:
    """conversation → its tags"""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for conversation_id, tag_id in Tagging.objects.filter(conversation__in=ids).values_list("conversation", "tag"):
        found[conversation_id].add(tag_id)
    return found


def _values(contact_ids: Sequence[int]) -> dict[tuple[int, int], str]:
    """(contact, field) → what it says"""
    said = ContactValue.objects.filter(contact__in=contact_ids).values_list("contact", "field", "value")
    return {(contact_id, field_id): value for contact_id, field_id, value in said}


def give_waiting(workspace_id: int, ids: Sequence[int], options: Options, *, at: datetime | None) -> None:
    """Give what waits to whom the rule says, inside the caller's transaction; where they are gone by now it stays."""
    gone = options.waiting == Waiting.GIVE and not (options.waiting_agent or options.waiting_team)
    if gone or options.waiting not in {Waiting.GIVE, Waiting.FREE}:
        return
    to, scope = To(options.waiting_agent, options.waiting_team), Scope(workspace_id)
    try:
        lifecycle.require(to, scope)
    except lifecycle.UnknownOwner:
        log.warning("Whom a rule gives what waits to is gone", extra={"conversations": list(ids)})
        return
    lifecycle.hand_over(ids, to, scope=scope, by=SYSTEM, at=at)


@dataclass(slots=True)
class Rounds:
    """Judging again what is withheld, a batch at each step: what the worker's loop repeats."""

    after: int = 0
    """The last id that was judged."""

    def step(self) -> int:
        """Judge the next ones; answers how many are withheld no more. Safe in any number of processes."""
        waiting = self._next()
        self.after = waiting[-1][0] if len(waiting) == BATCH else 0
        return judge(waiting)

    def _next(self) -> list[tuple[int, int]]:
        """An index that is empty where nothing is withheld: what an idle loop costs."""
        with connection.cursor() as cursor:
            cursor.execute(NEXT, {"after": self.after, "limit": BATCH})
            found: list[tuple[int, int]] = cursor.fetchall()
        return found


def judge(waiting: Sequence[tuple[int, int]], *, at: datetime | None = None) -> int:
    """Judge these (conversation, account) again; answers how many are withheld no more.

    Most go on being withheld: they are found without a lock, and let be.
    """
    if not waiting:
        return 0
    covers = coverage.clock(sorted({account_id for _, account_id in waiting}))
    told = [row for account_id, cover in covers.items() for row in _told(account_id, cover)]
    of_account: defaultdict[int, list[int]] = defaultdict(list)
    with run(CHANGED, {"ids": [pk for pk, _ in waiting], "covers": as_json(told)}) as cursor:
        for account_id, conversation_id in cursor.fetchall():
            of_account[account_id].append(conversation_id)
    return sum(_judge(account_id, ids, at) for account_id, ids in sorted(of_account.items()))


def _judge(account_id: int, ids: Sequence[int], at: datetime | None) -> int:
    """Those of one account. What cannot be judged holds up no other account: it is logged, and tried again."""
    try:
        with transaction.atomic():
            gate.enter([account_id])
            cover = coverage.clock([account_id]).get(account_id)
            told = as_json(_told(account_id, cover))
            with run(RESUME, {"account": account_id, "ids": list(ids), "covers": told, "at": at}) as cursor:
                resumed, other, unanswered, workspace_id = cursor.fetchone() or ([], [], [], None)
            if cover and workspace_id and unanswered:
                give_waiting(workspace_id, unanswered, cover.options, at=at)
            ring([workspace_id] if workspace_id else [], [*resumed, *other])
    except DatabaseError as error:
        if is_outage(error):
            raise
        log.exception("What is withheld on account %s could not be judged again", account_id)
        return 0
    return len(resumed)


def _told(account_id: int, cover: Cover | None) -> list[dict[str, Any]]:
    if cover is None:
        return []
    rule = {"account_id": account_id, "rule_id": cover.rule_id, "rule_name": cover.rule_name}
    told = {**rule, "begins": cover.begins, "seconds": cover.seconds, **as_unheard(cover)}
    return [{**told, **spares(cover.options)}]
