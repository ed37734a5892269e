"""The `fields` of a Graph call: `id,name,messages.limit(5){id,from}`, and which of them there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bandeja.standin import errors
from bandeja.standin.world import Json

NAME = re.compile(r"\s*(\w+)((?:\.\w+\([^)]*\))*)")


def parse(fields: str) -> dict[str, tuple[dict[str, str], str]]:
    """Each field with its options, such as `limit`, and what is within its braces."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    at = 0
    while at < len(fields):
        match = NAME.match(fields, at)
        if not match:
            raise errors.GraphError(
                2500, f'Syntax error "Expected name at character {at}" at character {at}: {fields}'
            )
        at = match.end()
        inner, at = _braces(fields, at)
        found[match[1]] = (dict(re.findall(r"\.(\w+)\(([^)]*)\)", match[2])), inner)
        at += fields[at : at + 1] == ","
    return found


def select(node: Mapping[str, Any], fields: str, type_name: str) -> Json:
    """The fields that were asked for, of those there are; an id always comes. Raises GraphError."""
    told = {}
    for name, (_, inner) in parse(fields).items():
        if name not in node:
            raise errors.invalid(f"Tried accessing nonexisting field ({name}) on node type ({type_name})")
        found = node[name]
        if found not in (None, ""):
            told[name] = select(found, inner, name) if inner and isinstance(found, dict) and "id" in found else found
    return {**told, "id": node["id"]} if "id" in node else told


def _braces(fields: str, at: int) -> tuple[str, int]:
    if fields[at : at + 1] != "{":
        return "", at
    depth, end = 1, at + 1
    while depth and end < len(fields):
        depth += {"{": 1, "}": -1}.get(fields[end], 0)
        end += 1
    return fields[at + 1 : end - 1], end
