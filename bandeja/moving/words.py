"""The ids within what people wrote down for machines: definitions of flows, and the filters of saved views.

What is not in the file was deleted before, and its place is kept by an id that nobody has: an empty place would mean
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bandeja.flows.fields import FIELDS

KINDS = {
    "accounts": "account",
    "agents": "agent",
    "teams": "team",
    "tags": "tag",
    "rules": "rule",
    "replies": "quick_reply",
    "fields": "contact_field",
}
"""The kinds of what a field of a flow is chosen among."""
FILTERS = {"account": "account", "tag": "tag", "owner": "agent"}
TEAM = re.compile(r"(team-)(\d+)")
NOBODYS = 10**18 - 1
"""An id that no row has, and the largest that an address may say of a team: 0 counts there as nothing asked."""

Moved = Callable[[str, int], int | None]
"""The id that a row of the file has now; None where it is not in the file."""


def definition(said: Any, moved: Moved) -> Any:
    """A flow, or a part of one, with the ids of here."""
    if isinstance(said, list):
        return [definition(each, moved) for each in said]
    if not isinstance(said, dict):
        return said
    return {
        key: {name: _chosen(name, value, moved) for name, value in each.items()}
        if key == "told" and isinstance(each, dict)
        else definition(each, moved)
        for key, each in said.items()
    }


def query(said: str, moved: Moved) -> str:
    """The end of a list's address with the ids of here."""
    pairs = [(key, _filter(key, value, moved)) for key, value in parse_qsl(said.removeprefix("?"))]
    return f"?{urlencode(pairs)}" if pairs else ""


def _chosen(name: str, value: Any, moved: Moved) -> Any:
    kind = KINDS.get(FIELDS[name].among) if name in FIELDS else None
    if kind is None:
        return value
    if isinstance(value, list):
        return [_one(each, kind, moved) for each in value]
    return _one(value, kind, moved)


def _one(value: Any, kind: str, moved: Moved) -> Any:
    """An id as a number, or as text, which may also be a name that is the same everywhere."""
    if isinstance(value, int) and not isinstance(value, bool):
        return moved(kind, value) or 0
    if isinstance(value, str) and value.isdigit():
        return str(moved(kind, int(value)) or 0)
    return value


def _filter(key: str, value: str, moved: Moved) -> str:
    if key in FILTERS and value.isdigit():
        return str(moved(FILTERS[key], int(value)) or NOBODYS)
    if key == "owner" and (team := TEAM.fullmatch(value)):
        return f"{team[1]}{moved('team', int(team[2])) or NOBODYS}"
    return value
