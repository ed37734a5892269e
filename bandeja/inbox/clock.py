"""The sentence above the composer: until when the clock of a conversation runs. Why, tells `explained`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja.closing.deadline import Cover, deadline
from bandeja.conversations.models import Conversation, Status


@dataclass(frozen=True, slots=True)
class Clock:
    """When a conversation closes by itself, if it does; or that it would, were closing not paused."""

    deadline: datetime | None
    armed_at: datetime | None
    is_paused: bool = False

    @property
    def quarter(self) -> int:
        """A quarter of its whole time, in milliseconds: from there on it is near."""
        if self.deadline is None or self.armed_at is None:
            return 0
        return int((self.deadline - self.armed_at) / 4 / timedelta(milliseconds=1))


def read(conversation: Conversation, cover: Cover | None) -> Clock:
    """The clock of a conversation whose account has this cover now."""
    armed_at = conversation.armed_at if conversation.status == Status.OPEN else None
    if armed_at is None or cover is None or armed_at < cover.begins:
        return Clock(None, None)
    return Clock(deadline(armed_at, cover), cover.anew(armed_at), cover.paused_at is not None)
