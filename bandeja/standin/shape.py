"""Looking closely at what was given: a required parameter, an unexpected one, a length."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bandeja.standin import errors
from bandeja.standin.world import Json


def only(node: Json, names: Collection[str], where: str = "") -> None:
    """Refuse what nobody asked for."""
    for name in node:
        if name not in names:
            place = f' on param "{where}"' if where else ""
            raise errors.bad_value(f'Unexpected key "{name}"{place}.')


def child(node: Json, name: str, where: str = "") -> Json:
    """An object that must be there."""
    found = _there(node, name, where)
    if not isinstance(found, dict):
        raise errors.bad_value(f"Param {_path(where, name)} must be a JSON object.")
    return found


def rows(node: Json, name: str, where: str = "", *, most: int, least: int = 1) -> list[Json]:
    """A list of objects that must be there, of a length that is allowed."""
    found = _there(node, name, where)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise errors.bad_value(f"Param {_path(where, name)} must be an array of JSON objects.")
    if not least <= len(found) <= most:
        raise errors.bad_value(f"Param {_path(where, name)} must have between {least} and {most} elements.")
    return found


def text(node: Json, name: str, where: str = "", *, most: int, least: int = 1) -> str:
    """A text that must be there, of a length in characters that is allowed."""
    found = _there(node, name, where)
    if not isinstance(found, str):
        raise errors.bad_value(f"Param {_path(where, name)} must be a string.")
    if len(found) > most:
        raise errors.bad_value(f"Param {_path(where, name)} must be at most {most} characters long.")
    if len(found) < least:
        raise errors.bad_value(f"Param {_path(where, name)} must be at least {least} characters long.")
    return found


def optional(node: Json, name: str, where: str = "", *, most: int) -> str:
    """A text that may be missing."""
    return text(node, name, where, most=most, least=0) if name in node else ""


def number(node: Json, name: str, where: str, low: float, high: float) -> float:
    """A number that must be there, between two others; Graph takes it written as a string too."""
    found = _there(node, name, where)
    try:
        size = float(found)
    except (TypeError, ValueError) as error:
        raise errors.bad_value(f"Param {_path(where, name)} must be a number.") from error
    if not low <= size <= high:
        raise errors.bad_value(f"Param {_path(where, name)} must be between {low:g} and {high:g}.")
    return size


def one_of(node: Json, name: str, words: Collection[str], where: str = "") -> str:
    found = _there(node, name, where)
    if found not in words:
        raise errors.bad_value(f"Param {_path(where, name)} must be one of {{{', '.join(sorted(words))}}}.")
    return str(found)


def _there(node: Json, name: str, where: str) -> Any:
    if node.get(name) is None:
        raise errors.GraphError(
            100,
            f"(#100) The parameter {_path(where, name)} is required.",
            details=f"Parameter {_path(where, name)} is missing.",
        )
    return node[name]


def _path(where: str, name: str) -> str:
    return f"{where}['{name}']" if where else name
