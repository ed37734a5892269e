"""What an action does to a batch: lock, then decide for each conversation, then act on those it may."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from bandeja.bulk.models import Batch, Bulk, Verb
from bandeja.channels import gate
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import ActorKind, Cause, Closure, Conversation, Event, EventKind, Status, Tagging
from bandeja.conversations.reverting import Left, Reverted, revert
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import is_outage
from bandeja.people.models import Agent

log = logging.getLogger(__name__)

Match = Callable[[Agent, str], QuerySet[Conversation]]
"""What a person may see that matches the end of a list's address."""
Closings = Callable[[Bulk], QuerySet[Closure]]
"""What the rule or the flow of an undoing closed in its time, and nobody has taken back."""
Tell = Callable[[int, datetime, datetime | None, datetime | None], tuple[datetime, datetime] | None]
"""Answers since when the clock of an account's conversation counts and when it runs out, None where none runs: by
when it was armed, when we answered, and when we wrote last in what we began and nobody answered."""
Deadlines = Callable[[Collection[int]], Tell]
"""What tells the clocks of these accounts. Asked behind their gates."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What actions are told from above, for they know neither lists nor rules nor flows."""

    match: Match
    closings: Closings
    deadlines: Deadlines


Before = dict[str, Any]
"""What a conversation had before, as `Batch` keeps it."""

HEEDS_NEWER = {Verb.CLOSE, Verb.READ}
"""What would pass over a message that the person has not seen."""
IS_SO: Mapping[str, Callable[[Conversation], bool]] = {
    Verb.CLOSE: lambda conversation: conversation.status == Status.CLOSED,
    Verb.READ: lambda conversation: conversation.unread == 0,
    Verb.UNREAD: lambda conversation: conversation.unread > 0,
}
"""What needs nothing done to it, whether it matches still or not; of the others, the verb says."""
KEPT = ("kept_at", "kept_until", "kept_by_id", "kept_reason", "snoozed_at")
WITHHELD = ("withheld_at", "withheld_for")
TAKEN_IN = (
    "status", "owner_id", "team_id", "unread", "last_inbound_at", "last_inbound_id", "armed_at", *KEPT, *WITHHELD
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What became of the conversations of a batch; `before` is what those it changed had before, for `Batch`."""

    before: list[Before] = field(default_factory=list)
    newer: int = 0
    already: int = 0
    changed: int = 0
    ownerless: int = 0
    unavailable: int = 0
    failed: int = 0

    @property
    def changed_ids(self) -> list[int]:
        return [each["id"] for each in self.before]

    def counts(self) -> dict[str, int]:
        """The same as `Bulk` counts it."""
        told = asdict(self)
        return {"done": len(told.pop("before")), **told}

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


def settle(bulk: Bulk, batch: Batch, ids: Sequence[int], agent: Agent, ways: Ways) -> Outcome:
    """Decide on these, inside the caller's transaction. One the database refuses is found by halves, and counted."""
    try:
        with transaction.atomic():
            if bulk.verb == Verb.UNDO:
                return _undo(bulk, batch, ids, agent, ways.deadlines)
            return _do(bulk, ids, agent, ways.match)
    except DatabaseError as error:
        if is_outage(error):
            raise
        if len(ids) == 1:
            log.exception("conversation %s refused a bulk action", ids[0])
            return Outcome(failed=1)
        half = len(ids) // 2
        return settle(bulk, batch, ids[:half], agent, ways) + settle(bulk, batch, ids[half:], agent, ways)


def giving(bulk: Bulk) -> To:
    """Whom it gives conversations to."""
    return To(bulk.owner_id, bulk.team_id, contacts_owner=bulk.contacts_owner)


def _do(bulk: Bulk, ids: Sequence[int], agent: Agent, match: Match) -> Outcome:
    locked = _lock(ids, Scope.of(agent))
    outcome = Outcome(unavailable=len(ids) - len(locked))
    meant = _still_meant(bulk, locked, agent, match)
    wanted = {}
    for pk, conversation in locked.items():
        if bulk.verb in HEEDS_NEWER and _has_written(conversation, bulk):
            outcome.newer += 1
        elif bulk.verb in IS_SO and IS_SO[bulk.verb](conversation):
            outcome.already += 1
        elif pk not in meant:
            outcome.changed += 1
        else:
            wanted[pk] = _before(conversation)
    _act(bulk, wanted, agent, outcome)
    return outcome


def _lock(ids: Sequence[int], scope: Scope) -> dict[int, Conversation]:
    """Those of them in reach, by id, as they are under their locks."""
    found = Conversation.objects.filter(pk__in=list(ids)).only(*TAKEN_IN).order_by("pk").select_for_update()
    return {conversation.pk: conversation for conversation in scope.filter(found)}


def _still_meant(bulk: Bulk, locked: Collection[int], agent: Agent, match: Match) -> set[int]:
    """Those that match as they did, and that nobody else gave away or opened since the person looked.

    Asked in statements of their own, after the locks: what they read can no longer change.
    """
    meant = set(locked)
    if bulk.query is not None:
        meant &= set(match(agent, bulk.query).filter(pk__in=meant).values_list("pk", flat=True))
    if kinds := _crossing(bulk):
        since = Event.objects.filter(conversation_id__in=meant, kind__in=kinds, at__gt=bulk.confirmed_at)
        meant -= set(since.exclude(**_by(agent)).values_list("conversation_id", flat=True))
    return meant


def _crossing(bulk: Bulk) -> list[EventKind]:
    """What somebody else may have done meanwhile that this would quietly undo."""
    kept = [EventKind.CONVERSATION_KEPT, EventKind.CONVERSATION_SNOOZED]
    kinds = [EventKind.CONVERSATION_REOPENED, *kept] if bulk.verb == Verb.CLOSE else []
    return [*kinds, EventKind.CONVERSATION_ASSIGNED] if bulk.gives else kinds


def _by(agent: Agent) -> dict[str, Any]:
    return {"actor_kind": ActorKind.AGENT, "actor_id": agent.pk}


def _has_written(conversation: Conversation, bulk: Bulk) -> bool:
    return bool(conversation.last_inbound_at and conversation.last_inbound_at > bulk.confirmed_at)


def _before(conversation: Conversation) -> Before:
    return {
        "id": conversation.pk,
        "owner": conversation.owner_id,
        "team": conversation.team_id,
        "unread": conversation.unread,
        "last_inbound_id": conversation.last_inbound_id,
        "armed_at": conversation.armed_at.isoformat() if conversation.armed_at else None,
        **(_kept(conversation) if conversation.kept_at else {}),
        **(_withheld(conversation, conversation.withheld_at) if conversation.withheld_at else {}),
    }


def _kept(conversation: Conversation) -> Before:
    """How it is kept open, as a row of JSON."""
    until = conversation.kept_until
    return {
        "kept_at": conversation.kept_at.isoformat() if conversation.kept_at else None,
        "kept_until": until.isoformat() if until else None,
        "kept_by_id": conversation.kept_by_id,
        "kept_reason": conversation.kept_reason,
        "snoozed_at": conversation.snoozed_at.isoformat() if conversation.snoozed_at else None,
    }


def _withheld(conversation: Conversation, at: datetime) -> Before:
    """Since when its closing was withheld and why, as a row of JSON."""
    return {"withheld_at": at.isoformat(), "withheld_for": conversation.withheld_for}


def _act(bulk: Bulk, wanted: Mapping[int, Before], agent: Agent, outcome: Outcome) -> None:
    """Do it; what it found done is counted apart. How far an action is, is told by itself: nothing here rings."""
    if bulk.tags:
        _note_tags(bulk, wanted)
    done = _done(bulk, list(wanted), agent, outcome)
    if bulk.verb == Verb.CLOSE:
        _note_closures(done, wanted)
    outcome.already += len(wanted) - len(done) - outcome.ownerless
    outcome.before = [wanted[pk] for pk in done]


def _done(bulk: Bulk, ids: list[int], agent: Agent, outcome: Outcome) -> list[int]:
    scope, by = Scope.of(agent), Actor.agent(agent)
    if bulk.verb == Verb.CLOSE:
        return lifecycle.close(
            ids, scope=scope, reason=bulk.reason, cause=Cause.BULK, by=by, confirmed_at=bulk.confirmed_at,
            transfer_to=giving(bulk) if bulk.gives else None, rings=False,
        ).closed  # fmt: skip
    if bulk.verb == Verb.ASSIGN:
        given = lifecycle.hand_over(ids, giving(bulk), scope=scope, by=by, at=None)
        outcome.ownerless = len(given.ownerless)
        return given.changed
    if bulk.verb == Verb.TAG:
        return tags.tag(ids, bulk.tags, scope=scope, by=by, rings=False)
    if bulk.verb == Verb.UNTAG:
        return tags.untag(ids, bulk.tags, scope=scope, rings=False)
    mark = lifecycle.mark_read if bulk.verb == Verb.READ else lifecycle.mark_unread
    return mark(ids, scope=scope, rings=False)


def _note_tags(bulk: Bulk, wanted: Mapping[int, Before]) -> None:
    """Which of the tags each had before."""
    for before in wanted.values():
        before["tags"] = []
    had = Tagging.objects.filter(conversation_id__in=list(wanted), tag_id__in=bulk.tags).order_by("tag_id")
    for conversation_id, tag_id in had.values_list("conversation_id", "tag_id"):
        wanted[conversation_id]["tags"].append(tag_id)


def _note_closures(done: list[int], wanted: Mapping[int, Before]) -> None:
    """Which closing each got: the latest it has, for its lock is held."""
    found = Closure.objects.filter(conversation_id__in=done).order_by("closed_at", "pk")
    for conversation_id, closure_id in found.values_list("conversation_id", "pk"):
        wanted[conversation_id]["closure"] = closure_id


def _undo(bulk: Bulk, batch: Batch, ids: Sequence[int], agent: Agent, deadlines: Deadlines) -> Outcome:
    """What somebody has touched since stays as they left it."""
    done, some = bulk.undoes, set(ids)
    was = {each["id"]: each for each in batch.before or () if each["id"] in some}
    if done and done.tags:
        reverted = _retag(done, was, agent)
    else:
        reverted = _revert(how_left(done), was, batch.mark or 0, agent, deadlines)
    return Outcome(
        before=[was[pk] for pk in reverted.changed],
        newer=len(reverted.written),
        already=len(reverted.undone),
        changed=len(reverted.touched),
        unavailable=len(reverted.unavailable),
    )


def how_left(done: Bulk | None) -> Left:
    """How an action left what it did; without one, how a rule or a flow leaves what it closes."""
    if done is None:
        return Left(closed=True)
    unread = {Verb.READ: 0, Verb.UNREAD: 1}.get(Verb(done.verb))
    return Left(closed=done.verb == Verb.CLOSE, unread=unread, gave=done.gives)


def _revert(left: Left, was: Mapping[int, Before], mark: int, agent: Agent, deadlines: Deadlines) -> Reverted:
    if left.closed:
        _tell_deadlines(was, deadlines)
    _lock(list(was), Scope(agent.workspace_id))
    return revert(list(was.values()), left=left, mark=mark, scope=Scope.of(agent), by=Actor.agent(agent))


def _tell_deadlines(was: Mapping[int, Before], deadlines: Deadlines) -> None:
    """The clock each would have, by what covers its account: behind the gates, so that it stays so."""
    found = Conversation.objects.filter(pk__in=list(was))
    accounts = set(found.values_list("account_id", flat=True))
    gate.enter(accounts)
    runs_out = deadlines(accounts)
    told = found.values_list("pk", "account_id", "answered_at", "unheard_at")
    for pk, account_id, answered_at, unheard_at in told:
        if armed_at := was[pk].get("armed_at"):
            runs = runs_out(account_id, datetime.fromisoformat(armed_at), answered_at, unheard_at)
            if runs:
                was[pk] |= {"armed_at": runs[0].isoformat(), "look_at": runs[1].isoformat()}


def _retag(done: Bulk, was: Mapping[int, Before], agent: Agent) -> Reverted:
    """Give each the tags it had: those that had the same are done together."""
    scope = Scope.of(agent)
    locked = _lock(list(was), scope)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for pk in locked:
        alike[tuple(was[pk]["tags"])].append(pk)
    changed: list[int] = []
    for had, ids in alike.items():
        if done.verb == Verb.TAG:
            changed += tags.untag(ids, sorted(set(done.tags) - set(had)), scope=scope, rings=False)
        else:
            changed += tags.tag(ids, had, scope=scope, by=Actor.agent(agent), rings=False)
    return Reverted(sorted(changed), sorted(set(locked) - set(changed)), sorted(set(was) - set(locked)))
