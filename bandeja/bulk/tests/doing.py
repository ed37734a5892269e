"""Short ways of asking for bulk actions and carrying them out, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bandeja.bulk import asking, carrying, freezing
from bandeja.bulk.asking import Chosen
from bandeja.bulk.models import Bulk, Verb
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Conversation
from bandeja.inbox.ways import WAYS
from bandeja.people.models import Agent

COUNTS = ("done", "newer", "already", "changed", "ownerless", "unavailable", "failed")


def small_batches(monkeypatch: pytest.MonkeyPatch, size: int = 2) -> None:
    """Batches of `size`, so that a handful is more than one and goes to the worker."""
    monkeypatch.setattr(freezing, "BATCH", size)


def begin(
    agent: Agent, verb: Verb, chosen: Sequence[Conversation] | str, *, seen_at: datetime | None = None, **more: Any
) -> Bulk:
    """Chosen one by one, or all that match a query."""
    if verb == Verb.CLOSE:
        more = {"reason": "Limpieza", **more}
    if verb == Verb.ASSIGN:
        more = {"to": To(), **more}
    if isinstance(chosen, str):
        return asking.begin(agent, verb, Chosen(query=chosen, seen_at=seen_at), ways=WAYS, **more)
    ids = [conversation.pk for conversation in chosen]
    return asking.begin(agent, verb, Chosen(ids, seen_at=seen_at), ways=WAYS, **more)


def undo(bulk: Bulk) -> Bulk | None:
    return asking.undo(bulk, ways=WAYS)


def step() -> int:
    """One turn of the worker's."""
    return carrying.step(WAYS)


def carry_out() -> int:
    """All there is to do; answers how many turns it took."""
    turns = 0
    while step():
        turns += 1
    return turns


def counts(bulk: Bulk) -> dict[str, int]:
    """How it ended so far, without what there was none of."""
    kept = Bulk.objects.get(pk=bulk.pk)
    return {name: getattr(kept, name) for name in COUNTS if getattr(kept, name)}


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def statuses(conversations: Sequence[Conversation]) -> list[str]:
    return [fresh(each).status for each in conversations]
