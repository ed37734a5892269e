"""Changing a draft: adding, changing, moving and deleting steps. Pure; on the JSON as it is stored.

A place is `main` for the end of the flow, or `<step>-yes`, `<step>-no` for the end of a branch. A step moves through
the flow in the order it is read: down into the branches of the decision below it, through them, and out again.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Draft = dict[str, Any]
Nodes = list[dict[str, Any]]

SIDES = ("yes", "no")


class NoSuchStep(LookupError):
    """The draft has no such step, or place."""


def add(draft: Draft, place: str, does: Draft, *, parts: bool) -> tuple[Draft, str]:
    """A new step at the end of a place; answers the draft with it, and its id. Raises NoSuchStep."""
    draft = deepcopy(draft)
    id_ = _free(draft["steps"])
    sides: Draft = {side: [] for side in SIDES} if parts else {}
    _end_of(draft, place).append({"id": id_, **does, **sides})
    return draft, id_


def change(draft: Draft, id_: str, does: Draft) -> Draft:
    """Tell a step something else. Raises NoSuchStep."""
    draft = deepcopy(draft)
    nodes, place = find(draft["steps"], id_)
    nodes[place] |= does
    return draft


def delete(draft: Draft, id_: str) -> Draft:
    """Without a step, and without what stands in its branches. Raises NoSuchStep."""
    draft = deepcopy(draft)
    nodes, place = find(draft["steps"], id_)
    del nodes[place]
    return draft


def move(draft: Draft, id_: str, *, up: bool) -> Draft:
    """One place up or down; the same where there is none. Raises NoSuchStep."""
    draft = deepcopy(draft)
    find(draft["steps"], id_)
    gone = _move(draft["steps"], id_, up=up)
    if gone is not None:  # it was the first or the last already
        draft["steps"].insert(0 if up else len(draft["steps"]), gone)
    return draft


def find(nodes: Nodes, id_: str) -> tuple[Nodes, int]:
    """The list a step stands in, and its place there. Raises NoSuchStep."""
    for place, node in enumerate(nodes):
        if node["id"] == id_:
            return nodes, place
        for side in SIDES:
            try:
                return find(node.get(side, []), id_)
            except NoSuchStep:
                continue
    raise NoSuchStep(f"There is no step {id_}.")


def _end_of(draft: Draft, place: str) -> Nodes:
    if place == "main":
        return _nodes(draft["steps"])
    id_, _hyphen, side = place.rpartition("-")
    nodes, at = find(draft["steps"], id_)
    if side not in SIDES or side not in nodes[at]:
        raise NoSuchStep(f"There is no place {place}.")
    return _nodes(nodes[at][side])


def _nodes(found: Any) -> Nodes:
    nodes: Nodes = found
    return nodes


def _free(nodes: Nodes) -> str:
    """An id that no step has."""
    taken = set(_ids(nodes))
    return next(id_ for number in range(1, len(taken) + 2) if (id_ := f"s{number}") not in taken)


def _ids(nodes: Nodes) -> list[str]:
    return [id_ for node in nodes for id_ in (node["id"], *_ids(node.get("yes", [])), *_ids(node.get("no", [])))]


def _move(nodes: Nodes, id_: str, *, up: bool) -> dict[str, Any] | None:
    """Move it within this list or its branches; answers it, taken out, where it leaves the list."""
    for place, node in enumerate(nodes):
        if node["id"] == id_:
            return _shift(nodes, place, up=up)
        side = next((side for side in SIDES if id_ in _ids(node.get(side, []))), None)
        if side is None:
            continue
        gone = _move(node[side], id_, up=up)
        if gone is not None:
            _put_beside(nodes, place, side, gone, up=up)
        return None
    return None


def _put_beside(nodes: Nodes, place: int, side: str, gone: dict[str, Any], *, up: bool) -> None:
    """Into the other branch of the decision it comes from, or out of it."""
    if up and side == "no":
        nodes[place]["yes"].append(gone)
    elif not up and side == "yes":
        nodes[place]["no"].insert(0, gone)
    else:
        nodes.insert(place if up else place + 1, gone)


def _shift(nodes: Nodes, place: int, *, up: bool) -> dict[str, Any] | None:
    """Past its neighbour, or into it where that is a decision; answers it, taken out, where there is none."""
    other = place - 1 if up else place + 1
    if not 0 <= other < len(nodes):
        return nodes.pop(place)
    neighbour = nodes[other]
    node = nodes.pop(place)
    if "yes" not in neighbour:
        nodes.insert(other, node)
    elif up:
        neighbour["no"].append(node)
    else:
        neighbour["yes"].insert(0, node)
    return None
