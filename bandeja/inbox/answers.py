"""How a verb answers the page: nothing to swap, but what changed, what to say, and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse

NAMED = 100
"""More changed ids than this are said as "many": a header has to stay small."""


def changed(
    ids: Sequence[int], *, toast: str = "", undo: Mapping[str, Any] | None = None, left: Sequence[int] = ()
) -> HttpResponse:
    """204, and the events the page acts on: it refreshes by the ordinary views, closes its dialog, shows the toast.

    `left` are the conversations it should stop showing; `undo` is a request: method, url and values.
    """
    return _with_events(HttpResponse(status=204), ids, toast=toast, undo=undo, left=left)


def partly(response: HttpResponse, ids: Sequence[int]) -> HttpResponse:
    """The same beside a page part that says what could not be done."""
    return _with_events(response, ids, done=False)


def _with_events(
    response: HttpResponse, ids: Sequence[int], *, toast: str = "", undo: Mapping[str, Any] | None = None,
    left: Sequence[int] = (), done: bool = True,
) -> HttpResponse:  # fmt: skip
    events: dict[str, Any] = {"changed": {"c": list(ids) if len(ids) <= NAMED else "many"}, "unpick": {}}
    if done:
        events["done"] = {}
    if toast:
        events["toast"] = {"text": toast, "undo": dict(undo) if undo else None}
    if left:
        events["left"] = {"c": list(left)}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response
