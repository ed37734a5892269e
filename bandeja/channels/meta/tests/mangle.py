"""Spoils a delivery the way the field does, and worse; drawn from a `Random`, so that hypothesis can shrink it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Container = dict[str, Any] | list[Any]
Place = tuple[Container, Any]
"""A container and the key or index in it."""

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**63,
    10**30,
    1e300,
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "\ud83d",
    "\u200b",
    "٣٤",
    "x" * 3_000,
    "US.1234",
    "-5",
    "1e5",
    "0",
    "nan",
    "https://",
    "2026-13-45T99:00:00Z",
    "0001-01-01T00:00:00+14:00",
    [],
    {},
    [[]],
    [None],
    {"id": None},
    {"id": {"id": "1"}},
    {"": ""},
]
"""Values that are seldom meant."""
NAMES = ["id", "from", "type", "text", "message", "messages", "statuses", "contacts", "timestamp", "referral", "body"]
"""Names under which something is meant somewhere."""


def places(value: object) -> Iterator[Place]:
    """Every place in the tree, from the outside in."""
    if isinstance(value, dict | list):
        for at in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, at
            yield from places(value[at])


def copied(value: Any) -> Any:
    """A deep copy of plain JSON."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def _drop(random: Random, container: Container, at: Any) -> None:
    del container[at]


def _replace(random: Random, container: Container, at: Any) -> None:
    container[at] = copied(random.choice(ODD))


def _retype(random: Random, container: Container, at: Any) -> None:
    container[at] = retyped(container[at])


def _wrap(random: Random, container: Container, at: Any) -> None:
    container[at] = [container[at]] if random.random() < 0.5 else {"value": container[at]}


def _unwrap(random: Random, container: Container, at: Any) -> None:
    value = container[at]
    if isinstance(value, list) and value:
        container[at] = value[0]


def _double(random: Random, container: Container, at: Any) -> None:
    if isinstance(container, list):
        container.insert(random.randrange(len(container) + 1), copied(container[at]))


def _shuffle(random: Random, container: Container, at: Any) -> None:
    if isinstance(container[at], list):
        random.shuffle(container[at])


def _deepen(random: Random, container: Container, at: Any) -> None:
    for _ in range(random.choice((3, 10, 60))):
        container[at] = {"referral": container[at], "type": "x"} if random.random() < 0.5 else [container[at]]


def _rename(random: Random, container: Container, at: Any) -> None:
    if isinstance(container, dict):
        container[random.choice(NAMES)] = container.pop(at)


def _lend(random: Random, container: Container, at: Any) -> None:
    if isinstance(container, dict):
        container[random.choice(NAMES)] = copied(container[at])


SPOILERS: list[Callable[[Random, Container, Any], None]] = [
    _drop,
    _replace,
    _replace,
    _retype,
    _wrap,
    _unwrap,
    _double,
    _shuffle,
    _deepen,
    _rename,
    _lend,
]


def retyped(value: Any) -> Any:
    """A number for a text that is one, and a text for a number; the rest as it is."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19 and value[0] != "0":
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def spoil(random: Random, body: Any, times: int) -> Any:
    """A copy of the body, spoilt in so many places."""
    holder = {"body": copied(body)}
    for _ in range(times):
        container, at = random.choice(list(places(holder)))
        random.choice(SPOILERS)(random, container, at)
        if "body" not in holder:
            return None
    return holder["body"]
