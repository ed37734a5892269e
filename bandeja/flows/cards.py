"""A flow as its editor shows it: each step with its sentence and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bandeja.flows import checking
from bandeja.flows.checking import Faults
from bandeja.flows.definition import Definition, Node
from bandeja.flows.known import Known
from bandeja.flows.registry import Told


@dataclass(frozen=True, slots=True)
class Branch:
    """The steps in one place, and what the place is called in addresses: `main`, `s1-yes`."""

    place: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    kind: str
    label: str
    icon: str
    says: str
    faults: Sequence[str]
    parts: bool = False
    yes: Branch | None = None
    no: Branch | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole of it; one that `is_fit` may be published."""

    start: Card
    steps: Branch
    is_fit: bool


def sheet(definition: Definition, known: Known) -> Sheet:
    found = checking.faults(definition, known)
    start = _card("start", definition.start, known, found)
    return Sheet(start, _branch("main", definition.steps, known, found), not found)


def _branch(place: str, nodes: Sequence[Node], known: Known, found: Mapping[str, Faults]) -> Branch:
    return Branch(place, [_of(node, known, found) for node in nodes])


def _of(node: Node, known: Known, found: Mapping[str, Faults]) -> Card:
    if not node.does.parts:
        return _card(node.id, node.does, known, found)
    yes, no = (
        _branch(f"{node.id}-{side}", nodes, known, found) for side, nodes in (("yes", node.yes), ("no", node.no))
    )
    return _card(node.id, node.does, known, found, yes=yes, no=no)


def _card(
    id_: str,
    does: Told,
    known: Known,
    found: Mapping[str, Faults],
    yes: Branch | None = None,
    no: Branch | None = None,
) -> Card:
    wrong = list(found.get(id_, {}).values())
    return Card(id_, does.kind, str(does.label), does.icon, does.says(known), wrong, yes is not None, yes, no)
