"""How a verb answers the page: nothing to swap, but what changed, what to say, and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse

MANY = "many"
NAMED = 100
"""More changed ids than this are said as "many": a header has to stay small."""


def changed(
    ids: Sequence[int],
    *,
    toast: str = "",
    undo: Mapping[str, Any] | None = None,
    left: Sequence[int] | str = (),
    also: Sequence[str] = (),
) -> HttpResponse:
    """204, and the events the page acts on: it refreshes by the ordinary views, closes its dialog, shows the toast.

    `left` are the conversations it should stop showing; `undo` is a request: method, url and values.
    `also` are events without more: "unpick" what was chosen, look at the "bulks" again.
    """
    response = HttpResponse(status=204)
    events: dict[str, Any] = {"changed": {"c": _named(ids)}, "done": {}, **{name: {} for name in also}}
    if toast:
        events["toast"] = {"text": toast, "undo": dict(undo) if undo else None}
    if left:
        events["left"] = {"c": _named(left)}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def _named(ids: Sequence[int] | str) -> list[int] | str:
    return MANY if isinstance(ids, str) or len(ids) > NAMED else list(ids)
