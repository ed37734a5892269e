"""What an action does to a batch: lock, then decide for each conversation, then act on those it may."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from bandeja.bulk.models import Batch, Bulk, Verb
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import ActorKind, Cause, Conversation, Event, EventKind, Status
from bandeja.conversations.reverting import Left, revert
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import is_outage
from bandeja.people.models import Agent

log = logging.getLogger(__name__)

Match = Callable[[Agent, str], QuerySet[Conversation]]
"""What a person may see that matches the end of a list's address."""

HEEDS_NEWER = {Verb.CLOSE, Verb.READ}
"""What would pass over a message that the person has not seen."""
TAKEN_IN = ("status", "owner_id", "unread", "opened_at", "last_inbound_at", "last_inbound_id")


@dataclass(slots=True)
class Outcome:
    """What became of the conversations of a batch; `before` is what those it changed had before, for `Batch`."""

    before: list[dict[str, Any]] = field(default_factory=list)
    newer: int = 0
    already: int = 0
    changed: int = 0
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


def settle(bulk: Bulk, batch: Batch, ids: Sequence[int], agent: Agent, match: Match) -> Outcome:
    """Decide on these, inside the caller's transaction. One the database refuses is found by halves, and counted."""
    try:
        with transaction.atomic():
            return _undo(bulk, batch, ids, agent) if bulk.verb == Verb.UNDO else _do(bulk, ids, agent, match)
    except DatabaseError as error:
        if is_outage(error):
            raise
        if len(ids) == 1:
            log.exception("conversation %s refused a bulk action", ids[0])
            return Outcome(failed=1)
        half = len(ids) // 2
        return settle(bulk, batch, ids[:half], agent, match) + settle(bulk, batch, ids[half:], agent, match)


def _do(bulk: Bulk, ids: Sequence[int], agent: Agent, match: Match) -> Outcome:
    locked = _lock(ids, Scope.of(agent))
    outcome = Outcome(unavailable=len(ids) - len(locked))
    meant = _still_meant(bulk, locked, agent, match)
    wanted = {}
    for pk, conversation in locked.items():
        if bulk.verb in HEEDS_NEWER and _has_written(conversation, bulk):
            outcome.newer += 1
        elif _is_so(conversation, bulk):
            outcome.already += 1
        elif pk not in meant:
            outcome.changed += 1
        else:
            wanted[pk] = conversation
    done = _act(bulk, list(wanted), agent)
    outcome.already += len(wanted) - len(done)
    outcome.before = [_before(wanted[pk]) for pk in done]
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
    kinds = []
    if bulk.verb == Verb.CLOSE:
        kinds.append(EventKind.CONVERSATION_REOPENED)
    if bulk.verb == Verb.ASSIGN or bulk.owner_id:
        kinds.append(EventKind.CONVERSATION_ASSIGNED)
    return kinds


def _by(agent: Agent) -> dict[str, Any]:
    return {"actor_kind": ActorKind.AGENT, "actor_id": agent.pk}


def _has_written(conversation: Conversation, bulk: Bulk) -> bool:
    return bool(conversation.last_inbound_at and conversation.last_inbound_at > bulk.confirmed_at)


def _is_so(conversation: Conversation, bulk: Bulk) -> bool:
    return {
        Verb.CLOSE: conversation.status == Status.CLOSED,
        Verb.ASSIGN: conversation.owner_id == bulk.owner_id,
        Verb.READ: conversation.unread == 0,
        Verb.UNREAD: conversation.unread > 0,
    }[Verb(bulk.verb)]


def _act(bulk: Bulk, ids: list[int], agent: Agent) -> list[int]:
    """Those it changed; how far an action is rings by itself."""
    scope, by = Scope.of(agent), Actor.agent(agent)
    if bulk.verb == Verb.CLOSE:
        return lifecycle.close(
            ids, scope=scope, reason=bulk.reason, cause=Cause.BULK, by=by, confirmed_at=bulk.confirmed_at,
            transfer_to=bulk.owner_id, rings=False,
        ).closed  # fmt: skip
    if bulk.verb == Verb.ASSIGN:
        return lifecycle.assign(ids, bulk.owner_id, scope=scope, by=by, rings=False)
    mark = lifecycle.mark_read if bulk.verb == Verb.READ else lifecycle.mark_unread
    return mark(ids, scope=scope, rings=False)


def _before(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "owner": conversation.owner_id,
        "unread": conversation.unread,
        "last_inbound_id": conversation.last_inbound_id,
    }


def _undo(bulk: Bulk, batch: Batch, ids: Sequence[int], agent: Agent) -> Outcome:
    """What somebody has touched since stays as they left it."""
    done = bulk.undoes
    assert done is not None and batch.before is not None and batch.mark is not None, "undoings are made with them"  # noqa: S101, PT018
    scope = Scope.of(agent)
    was = [each for each in batch.before if each["id"] in set(ids)]
    _lock(ids, Scope(scope.workspace_id))
    theirs = [each for each in was if _was_within(each["owner"], scope)]
    reverted = set(revert(theirs, left=_left(done), mark=batch.mark, scope=scope, by=Actor.agent(agent)))
    return Outcome(
        before=[each for each in theirs if each["id"] in reverted],
        changed=len(theirs) - len(reverted),
        unavailable=len(was) - len(theirs),
    )


def _was_within(owner_id: int | None, scope: Scope) -> bool:
    """Whether one may reach it once it is as before: who gave conversations away may take them back."""
    return scope.owner_id is None or owner_id == scope.owner_id or (scope.unassigned and owner_id is None)


def _left(done: Bulk) -> Left:
    """How the action left what it changed."""
    return Left(
        closed=done.verb == Verb.CLOSE,
        unread={Verb.READ: 0, Verb.UNREAD: 1}.get(Verb(done.verb)),
        gave=done.verb == Verb.ASSIGN or done.owner_id is not None,
        owner_id=done.owner_id,
    )
