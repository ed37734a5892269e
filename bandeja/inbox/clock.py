"""The sentence above the composer: until when the clock of a conversation runs. Why, tells `explained`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja.closing import withholding
from bandeja.closing.clocks import clocks, cover_of
from bandeja.closing.deadline import Cover, Run, runs_on
from bandeja.conversations.models import Conversation, Status, Withheld


@dataclass(frozen=True, slots=True)
class Clock:
    """When a conversation closes by itself, if it does; or that it would, were closing not paused."""

    runs: Run | None
    withholds: Withheld | None = None
    """What would leave it open, were its time over now."""
    is_paused: bool = False

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
    if found is None and _is_paused(conversation, cover_of(conversation, covers)):
        return Clock(None, is_paused=True)
    held_by = withholding.held([conversation], covers).get(conversation.pk) if found is None else None
    return Clock(found, held_by or (Withheld(conversation.withheld_for) if conversation.withheld_for else None))


def _is_paused(conversation: Conversation, cover: Cover | None) -> bool:
    """Whether its clock runs, and closing is paused (closing H2)."""
    if cover is None or cover.paused_at is None or conversation.status != Status.OPEN:
        return False
    return runs_on(conversation.armed_at, cover) is not None
