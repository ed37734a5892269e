"""What a rule says to contacts: warnings before it closes, and a word once it has (closing W1). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bandeja.closing.models import SECONDS_PER_UNIT, Rule, Unit

MOST = 2
"""The most warnings of a rule."""
TEXT_LENGTH = 500
"""The most characters of a text: what every channel takes in one message."""
PLACES = {"en": "{{time}}", "es": "{{tiempo}}", "pt-br": "{{tempo}}"}
"""What stands for the time that is left, as each language of the interface shows it; all of them are understood."""
TIME = re.compile(r"\{\{\s*(?:time|tiempo|tempo)\s*\}\}")
BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Before:
    """How long before the end a warning goes out, as it was typed."""

    amount: int
    unit: str

    @classmethod
    def of(cls, text: str) -> Before:
        amount, _, unit = text.partition(" ")
        return cls(int(amount), unit)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    @property
    def time(self) -> timedelta:
        return timedelta(seconds=self.amount * SECONDS_PER_UNIT[Unit(self.unit)])


@dataclass(frozen=True, slots=True)
class Due:
    """A warning whose turn it is: which of its rule's, counted from 1, how long before the end, and since when."""

    ordinal: int
    time: timedelta
    since: datetime


@dataclass(frozen=True, slots=True)
class Courtesy:
    """A rule's warnings, the longest before the end first, and its texts by language; without any it says nothing."""

    warnings: Sequence[Before] = ()
    warning: Mapping[str, str] = field(default_factory=dict)
    farewell: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule) -> Courtesy:
        return cls(tuple(map(Before.of, rule.warnings)), dict(rule.warning_texts), dict(rule.farewell_texts))

    def columns(self) -> Mapping[str, Any]:
        """The same as a rule's row has it."""
        return {
            "warnings": [str(each) for each in self.warnings],
            "warning_texts": dict(self.warning),
            "farewell_texts": dict(self.farewell),
        }

    def due(self, deadline: datetime, at: datetime) -> Due | None:
        """Which warning a contact would be given at `at`, if any: the one that came due last.

        None too once less than half of its time is left: whoever reads "in 30 minutes" must have them (closing W4).
        """
        left = deadline - at
        come = [(n, each) for n, each in enumerate(self.warnings, 1) if each.time >= left]
        if not come or left <= timedelta():
            return None
        ordinal, last = min(come, key=lambda each: each[1].time)
        return Due(ordinal, last.time, deadline - last.time) if left * 2 >= last.time else None


SILENT = Courtesy()


def text_in(texts: Mapping[str, str], *languages: str) -> tuple[str, str]:
    """The text in the first of these languages that it was written in, and that language; blank where in none."""
    return next(((texts[each], each) for each in languages if texts.get(each)), ("", ""))
