"""What became of closings: who came back, who was left unanswered, how silent it had been, how late a rule was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bandeja.conversations.sql import statement
from bandeja.people.models import Workspace
from bandeja.reports.asked import Asked
from bandeja.reports.counting import Line

LOOKED_AT = 20_000
"""How many closings are looked at one by one, about; of more, so many that are taken evenly."""

OUTCOMES = statement("bandeja.reports", "outcomes")
READ = "(select * from closure where mod(id - %(first)s, %(every)s) = 0) as closure"
DRAWN = "generate_series(%(first)s, %(last)s, %(every)s) as drawn (id) join closure using (id)"
"""The same closings, found by their ids: without reading all the others, where few ids are other workspaces'."""
MOST_DRAWN = 5 * LOOKED_AT
"""How many ids are looked up at the most: for more, all are read."""


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many."""

    count: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there are none to be a part of."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the closings that were looked at; what there was none of has no length.

    `unanswered` is of those whose contact had written. What the contact opened again is of closings by rules, and of
    those that are as long ago; half of them kept within `late`, and 99 of 100 within `latest`.
    """

    closings: int = 0
    unanswered: Part = Part()
    silence: timedelta | None = None
    back_in_an_hour: Part = Part()
    back_in_a_day: Part = Part()
    back_in_a_week: Part = Part()
    late: timedelta | None = None
    latest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All together, by cause and by the ids of rules; `every` is 1 where each closing was looked at."""

    every: int = 1
    total: Outcome = Outcome()
    causes: Mapping[str, Outcome] = field(default_factory=dict)
    rules: Mapping[int, Outcome] = field(default_factory=dict)

    @property
    def is_sampled(self) -> bool:
        return self.every > 1


def look_at_outcomes(
    cursor: Any, workspace: Workspace, asked: Asked, *, among: Sequence[Line], now: datetime
) -> Outcomes:
    """What had become by `now` of those that are asked about: of every cause `among` them."""
    closings = sum(line.closings for line in among)
    first, last = min((line.first for line in among), default=0), max((line.last for line in among), default=0)
    every = max(1, -(-closings // LOOKED_AT))
    taken = DRAWN if every > 1 and (last - first) // every <= MOST_DRAWN else READ
    params = {"workspace": workspace.pk, "every": every, "first": first, "last": last, "now": now, **asked.params()}
    cursor.execute(asked.fill(OUTCOMES).replace("{taken}", taken), params)
    total, causes, rules = Outcome(), dict[str, Outcome](), dict[int, Outcome]()
    for cause, rule, *figures in cursor:
        if cause is not None:
            causes[cause] = _outcome(figures)
        elif rule is not None:
            rules[rule] = _outcome(figures)
        else:
            total = _outcome(figures)
    return Outcomes(every, total, causes, rules)


def _outcome(figures: Sequence[Any]) -> Outcome:
    closings, wrote, unanswered, silence, hour_ago, in_an_hour, day_ago, in_a_day, week_ago, in_a_week, *late = (
        figures
    )
    return Outcome(
        closings, Part(unanswered, wrote), _seconds(silence), Part(in_an_hour, hour_ago), Part(in_a_day, day_ago),
        Part(in_a_week, week_ago), *map(_seconds, late),
    )  # fmt: skip


def _seconds(length: float | None) -> timedelta | None:
    return None if length is None else timedelta(seconds=length)
