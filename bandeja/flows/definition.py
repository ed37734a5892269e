"""A flow's definition: what starts it, and its steps, in a line that parts into yes and no. Pure.

As JSON: `{"start": {"kind", "told"}, "steps": [{"id", "kind", "told", "yes": […], "no": […]}]}`. After a decision's
branch the flow goes on with what stands below the decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from bandeja.flows.registry import STARTS, STEPS, Start, Step

MOST_STEPS = 60
DEEPEST = 5
"""How many decisions may stand within each other."""


class Malformed(ValueError):
    """This is no definition: it names a kind there is not, or says something of another type."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step at its place; only those that part have branches."""

    id: str
    does: Step
    yes: tuple[Node, ...] = ()
    no: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    start: Start
    steps: tuple[Node, ...] = ()

    @property
    def nodes(self) -> Iterator[Node]:
        """Every step, in the order it is read."""
        return walk(self.steps)


@dataclass(frozen=True, slots=True)
class Way:
    """A step, and the id of the one that follows: after yes, after no, or after anything; blank for none."""

    does: Step
    after: str
    yes: str = ""
    no: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A definition as the engine reads it: where it begins, and each step by its id."""

    first: str
    ways: Mapping[str, Way] = field(default_factory=dict)


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from walk(node.yes)
        yield from walk(node.no)


def parse(raw: Any) -> Definition:
    """The definition that `raw`, JSON as it is stored, stands for. Raises Malformed."""
    try:
        start = _made(STARTS, raw["start"])
        nodes = _nodes(raw.get("steps", []), 1)
    except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"That is no flow: {error}") from error
    ids = [node.id for node in walk(nodes)]
    if len(ids) > MOST_STEPS or len(set(ids)) < len(ids):
        raise Malformed(f"A flow has up to {MOST_STEPS} steps, each with an id of its own.")
    return Definition(start, nodes)


def dump(definition: Definition) -> dict[str, Any]:
    """As it is stored."""
    return {"start": told(definition.start), "steps": [_dumped(node) for node in definition.steps]}


def told(does: Start | Step) -> dict[str, Any]:
    """A start or a step without its place."""
    return {"kind": does.kind, "told": _plain(asdict(does))}


def compile_(definition: Definition) -> Program:
    """Who follows whom."""
    ways: dict[str, Way] = {}
    _link(definition.steps, "", ways)
    return Program(definition.steps[0].id if definition.steps else "", ways)


def _link(nodes: Sequence[Node], after: str, ways: dict[str, Way]) -> None:
    for place, node in enumerate(nodes):
        following = nodes[place + 1].id if place + 1 < len(nodes) else after
        yes = node.yes[0].id if node.yes else following
        no = node.no[0].id if node.no else following
        ways[node.id] = Way(node.does, following, yes, no)
        _link(node.yes, following, ways)
        _link(node.no, following, ways)


def _made(kinds: Mapping[str, type[Any]], raw: Mapping[str, Any]) -> Any:
    return msgspec.convert(raw.get("told", {}), kinds[raw["kind"]], strict=True)


def _nodes(raw: Any, depth: int) -> tuple[Node, ...]:
    if not isinstance(raw, list) or (raw and depth > DEEPEST + 1):
        raise Malformed(f"Steps stand in a list, up to {DEEPEST} decisions within each other.")
    return tuple(_node(each, depth) for each in raw)


def _node(raw: Mapping[str, Any], depth: int) -> Node:
    does = _made(STEPS, raw)
    branches = [_nodes(raw.get(side, []), depth + 1) for side in ("yes", "no")]
    if not isinstance(raw["id"], str) or not 0 < len(raw["id"]) <= 20:
        raise Malformed("A step has an id of up to 20 letters.")
    if any(branches) and not does.parts:
        raise Malformed(f"{does.kind} does not part.")
    return Node(raw["id"], does, *branches)


def _dumped(node: Node) -> dict[str, Any]:
    branches = {"yes": node.yes, "no": node.no} if node.does.parts else {}
    sides = {side: [_dumped(each) for each in nodes] for side, nodes in branches.items()}
    return {"id": node.id, **told(node.does), **sides}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
