"""What clock a message starts when it is joined: where its conversation was snoozed it wakes it (closing S2)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Cover(Protocol):
    """What covers an account now: since when, and what a message arms. `closing.deadline.Cover` is one."""

    @property
    def begins(self) -> datetime: ...

    def arm(
        self, received_at: datetime, at: datetime, was: datetime | None = None, answered_at: datetime | None = None
    ) -> tuple[datetime, datetime] | None: ...


class Thread(Protocol):
    """A conversation as it was when it was locked; `counted_at` is when its contact last wrote or it was included."""

    @property
    def agent_opened_at(self) -> datetime | None: ...
    @property
    def is_kept(self) -> bool: ...
    @property
    def armed_at(self) -> datetime | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def is_snoozed(self) -> bool: ...
    @property
    def counted_at(self) -> datetime | None: ...


def armed(thread: Thread, cover: Cover, received_at: datetime, at: datetime) -> tuple[datetime, datetime] | None:
    """The clock of a message that counts, received then and joined at `at`: `(armed_at, deadline)`, or none.

    What was received before an agent opened the conversation arms nothing (closing C6), nor while it is kept open.
    One that wakes it ends what withheld its closing, so the clock starts at that instant, as when it is released:
    also by a message from before it was snoozed that is read after, which nobody had seen.
    """
    if thread.is_kept and not thread.is_snoozed:
        return None
    stands_at = max(received_at, thread.counted_at or received_at) if thread.is_snoozed else received_at
    if thread.agent_opened_at is not None and stands_at < thread.agent_opened_at:
        return None
    if not thread.is_snoozed:
        return cover.arm(received_at, at, thread.armed_at, thread.answered_at)
    return cover.arm(at, at, None, thread.answered_at) if stands_at >= cover.begins else None
