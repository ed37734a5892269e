"""A word to certain agents: told to their open streams when the transaction commits, and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

WORDS = "bandeja_word"
"""The NOTIFY channel. Payload: `{"a": [agent ids], "e": the event, "d": what it says}`: ids, never content."""
MOST_TOLD = 500
"""A payload must stay under PostgreSQL's 8,000 bytes; who is left out misses what is over in seconds anyway."""


@dataclass(frozen=True, slots=True)
class Word:
    """An event for the streams of these agents."""

    agent_ids: Collection[int]
    event: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, payload: str) -> Word:
        """Understand a NOTIFY's payload; raises ValueError."""
        try:
            said = json.loads(payload)
            return cls([int(each) for each in said["a"]], str(said["e"]), dict(said["d"]))
        except (KeyError, TypeError) as error:
            raise ValueError(payload) from error

    @property
    def frame(self) -> bytes:
        return f"event: {self.event}\ndata: {json.dumps(self.data)}\n\n".encode()


def say(agent_ids: Collection[int], event: str, data: Mapping[str, Any]) -> None:
    """Tell these agents at commit; nobody else hears of it."""
    if not agent_ids:
        return
    told = {"a": sorted(agent_ids)[:MOST_TOLD], "e": event, "d": data}
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [WORDS, json.dumps(told, separators=(",", ":"))])
