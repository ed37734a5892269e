"""A channel that things are sent to, as tests need one: it answers as it is told, and remembers what it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bandeja.channels.contract import Kind
from bandeja.channels.sending import HUMAN_AGENT, Buttons, File, Limit, Line, Outbound, Window

PNG = "image/png"

_numbers: Iterator[int] = count(1)


@dataclass
class FakeSender:
    """Takes 20 characters of text, captions of images, and is open for a day; `answer` may raise or wait."""

    answer: Callable[[Outbound], str] = lambda _: f"wamid.{next(_numbers)}"
    upload_answer: Callable[[File], str] = lambda _: f"file.{next(_numbers)}"
    sent: list[Outbound] = field(default_factory=list)
    uploaded: list[File] = field(default_factory=list)
    limits: Mapping[Kind, Limit] = field(
        default_factory=lambda: {
            Kind.IMAGE: Limit(frozenset({PNG}), 1_000),
            Kind.AUDIO: Limit(frozenset(), 1_000),
        }
    )
    captions: Mapping[Kind, int] = field(default_factory=lambda: {Kind.IMAGE: 30})
    has_templates: bool = True
    buttons: Buttons | None = None
    has_places: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def split(self, text: str) -> Sequence[str]:
        return [text[start : start + 20] for start in range(0, len(text), 20)]

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Window:
        if opened_at is None:
            return Window(free_until)
        until = max(opened_at + timedelta(days=1), free_until or opened_at)
        return Window(until, opened_at + timedelta(days=7) if config.get(HUMAN_AGENT) else None)

    def upload(self, line: Line, file: File) -> str:
        del line
        with self._lock:
            self.uploaded.append(file)
        return self.upload_answer(file)

    def send(self, outbound: Outbound) -> str:
        with self._lock:
            self.sent.append(outbound)
        return self.answer(outbound)

    @property
    def texts(self) -> list[str]:
        """What was sent, in the order it came."""
        return [outbound.text for outbound in self.sent]
