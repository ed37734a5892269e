"""How contacts are known, and two contacts that turn out to be one (meta.md E6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bandeja.channels.contract import Identity as Name
from bandeja.conversations.models import MergeSuggestion


class Double(NamedTuple):
    """Two contacts of a workspace that a channel says are one; `because` is a sentence, translated when shown."""

    workspace_id: int
    one: int
    other: int
    because: str


def suggest_merges(doubles: Iterable[Double]) -> None:
    """Suggest that each two are one, once, and never merge them: people decide."""
    pairs = {tuple(sorted((double.one, double.other))): double for double in doubles if double.one != double.other}
    if not pairs:
        return
    rows = [
        MergeSuggestion(workspace_id=double.workspace_id, first_id=first, second_id=second, because=double.because)
        # In one order, so that two batches never wait for each other in a circle.
        for (first, second), double in sorted(pairs.items())
    ]
    MergeSuggestion.objects.bulk_create(rows, ignore_conflicts=True)


def address_of(name: Name) -> str:
    """An identity as a conversation's `address` holds it."""
    return ":".join(name)
