"""How contacts are known, and two contacts that turn out to be one (meta.md E6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Case, IntegerField, OuterRef, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, Concat

from bandeja.channels.contract import LASTING
from bandeja.channels.contract import Identity as Name
from bandeja.conversations.models import Identity, MergeSuggestion

NOWHERE = Value("", output_field=TextField())
PLACE = Case(
    *(When(kind=kind, then=Value(place)) for place, kind in enumerate(LASTING, 1)),
    default=Value(0),
    output_field=IntegerField(),
)


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


def first_address(*, account: str, contact: str) -> Coalesce:
    """Where an answer goes to a contact who has not written: to what their account last came to call them, and by a
    lasting id only where that is all there is; blank where they have no name there (meta.md E6).

    `account` and `contact` are the columns of the outer query that say whom.
    """
    names = Identity.objects.filter(account=OuterRef(account), contact=OuterRef(contact)).order_by(PLACE, "-id")
    address = Concat("kind", Value(":"), "value", output_field=TextField())
    return Coalesce(Subquery(names.annotate(address=address).values("address")[:1]), NOWHERE)
