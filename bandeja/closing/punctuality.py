"""How late rules close, and what stands in line now: closing C7, measured from what was written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja.closing.models import Setback
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import run, statement

MEASURED = 20_000
"""The most closings that are measured, the latest: more would take too long."""
SHOWN = 50
"""The most conversations that stepped aside that are shown, the latest."""

LAG = statement("bandeja.closing", "lag")


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after their deadlines so many conversations were closed; no lengths where there were none.

    `in_time` of them were closed within a second. `is_bounded` when there were more, and these are the latest.
    """

    count: int
    median: timedelta | None
    most: timedelta | None
    """What 99 of 100 kept within."""
    worst: timedelta | None
    in_time: int

    @property
    def is_bounded(self) -> bool:
        return self.count >= MEASURED

    @property
    def share(self) -> float | None:
        """Those that were in time, in percent."""
        return 100 * self.in_time / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Aside:
    """A conversation that could not be closed and stepped aside, with what went wrong and when it is tried next."""

    conversation: Conversation
    setback: Setback

    @property
    def next_at(self) -> datetime | None:
        return self.conversation.look_at


def lag(workspace_id: int, *, since: datetime) -> Lag:
    """How late the rules of a workspace closed since then."""
    with run(LAG, {"workspace": workspace_id, "since": since, "most": MEASURED}) as cursor:
        count, median, most, worst, in_time = cursor.fetchone() or (0, None, None, None, 0)
    return Lag(count, _seconds(median), _seconds(most), _seconds(worst), in_time)


def _seconds(length: float | None) -> timedelta | None:
    return None if length is None else timedelta(seconds=length)


def aside(scope: Scope) -> Sequence[Aside]:
    """The latest conversations that stepped aside, of those in `scope`."""
    setbacks = Setback.objects.filter(workspace_id=scope.workspace_id).order_by("-at", "-pk")
    found = {setback.pk: setback for setback in setbacks[:SHOWN]}
    here = scope.filter(Conversation.objects.select_related("contact", "account")).in_bulk(list(found))
    return [Aside(here[pk], setback) for pk, setback in found.items() if pk in here and _lasts(here[pk], setback)]


def _lasts(conversation: Conversation, setback: Setback) -> bool:
    """Whether the clock that could not close it runs still: a message of the contact began another."""
    return conversation.armed_at is not None and conversation.armed_at <= setback.at
