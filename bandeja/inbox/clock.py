"""The sentence above the composer: until when the clock of a conversation runs. Why, tells `explained`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja.closing import withholding
from bandeja.closing.clocks import clocks
from bandeja.closing.deadline import Cover, Run
from bandeja.conversations.models import Conversation, Withheld


@dataclass(frozen=True, slots=True)
class Clock:
    """When a conversation closes by itself, if it does."""

    runs: Run | None
    withholds: Withheld | None = None
    """What would leave it open, were its time over now."""

    @property
    def deadline(self) -> datetime | None:
        return self.runs.until if self.runs else None

    @property
    def quarter(self) -> int:
        """A quarter of its whole time, in milliseconds: from there on it is near."""
        return int((self.runs.until - self.runs.near) / timedelta(milliseconds=1)) if self.runs else 0


def read(conversation: Conversation, covers: Mapping[int, Cover]) -> Clock:
    """The clock of a conversation. `covers` says what covers its account now."""
    found = clocks([conversation], covers).get(conversation.pk)
    held_by = withholding.held([conversation], covers).get(conversation.pk) if found is None else None
    return Clock(found, held_by or (Withheld(conversation.withheld_for) if conversation.withheld_for else None))
