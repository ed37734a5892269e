"""The engine in plain Python: what one run does to one conversation, as a story of tags, notes and waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]


@dataclass
class World:
    """What the steps of the model look at and change."""

    now: datetime
    tags: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    inbound: int = 1
    owner: int | None = None
    is_open: bool = True
    heard: int = 1


Waiting = tuple[datetime, bool]
"""Until when, and whether an answer ends it."""


def play(steps: list[Json], world: World) -> Iterator[Waiting]:
    """Takes the steps one by one; yields where it waits, to be resumed when that is over."""
    for step in steps:
        kind, told = step["kind"], step["told"]
        if kind.startswith("if_"):
            side = "yes" if _holds(kind, told, world) else "no"
            world.log.append(f"{kind} {side}")
            yield from play(step.get(side, []), world)
        elif kind == "wait":
            world.log.append("wait waiting")
            yield (world.now + timedelta(minutes=told["amount"]), False)
            world.log.append("wait done")
        elif kind == "wait_reply":
            if world.inbound <= world.heard:
                world.log.append("wait_reply waiting")
                yield (world.now + timedelta(minutes=told["amount"]), True)
            side = "yes" if world.inbound > world.heard else "no"
            world.log.append(f"wait_reply {side}")
            yield from play(step.get(side, []), world)
        else:
            world.log.append(f"{kind} {_act(kind, told, world)}")


def _holds(kind: str, told: Json, world: World) -> bool:
    return {
        "if_tagged": bool(world.tags & set(told.get("tags", []))),
        "if_owned": world.owner is not None,
        "if_open": world.is_open,
        "if_answered": world.inbound > world.heard,
    }[kind]


def _act(kind: str, told: Json, world: World) -> str:
    before = (set(world.tags), world.owner, world.is_open)
    if kind == "note":
        world.notes.append(told["text"])
        return "done"
    if kind == "send_text":
        world.heard = world.inbound
        return "sent"
    if kind == "tag":
        world.tags |= set(told["tags"])
    elif kind == "untag":
        world.tags -= set(told["tags"])
    elif kind == "assign":
        world.owner = told["agent"]
    elif kind == "close":
        world.is_open = False
    return "done" if before != (world.tags, world.owner, world.is_open) else "skipped"
