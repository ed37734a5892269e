"""Reading what a request says: JSON as RFC 8259 has it and nothing that two readers would read differently. Pure."""

from __future__ import annotations

import json
from typing import Any, NoReturn

DEEPEST = 32


class NotJson(ValueError):
    """It is not JSON that everybody reads alike."""


def loads(body: bytes) -> Any:
    """The value that `body` is. Refused: other encodings than UTF-8, names that come twice, NaN, what is too deep.

    Raises NotJson.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    _require_shallow(value, DEEPEST)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise NotJson("A name comes twice.")
    return named


def _constant(text: str) -> NoReturn:
    raise NotJson(f"{text} is not JSON.")


def _require_shallow(value: Any, depth: int) -> None:
    if not isinstance(value, (dict, list)):
        return
    if depth == 0:
        raise NotJson("It is too deep.")
    for each in value.values() if isinstance(value, dict) else value:
        _require_shallow(each, depth - 1)
