"""Where the bars of a report stand: the closings by rules below, those by others on top of them.

Across, everything is a share of the width; down, it is in pixels, as in `bandeja.closing.plots`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bandeja.closing.words import counted
from bandeja.reports.counting import Tally

HIGH = 120
"""How high the highest column is."""
FILLED = 0.84
"""How much of its place a column takes."""
LEAST = 2.0
"""What there is can be seen, however little it is."""


class Bar(NamedTuple):
    """`x` and `width` are percentages, `y` and `height` pixels."""

    x: str
    width: str
    y: str
    height: str
    by_rule: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A day or an hour as it is called, its closings and their bars."""

    name: str
    tally: Tally
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns next to each other; the highest is of `most` closings, as it is written."""

    columns: Sequence[Column]
    most: str


def plot(tallies: Sequence[tuple[str, Tally]]) -> Plot:
    """A column for each."""
    most = max((tally.closings for _, tally in tallies), default=0)
    columns = [
        Column(name, tally, _bars(place, len(tallies), tally, most)) for place, (name, tally) in enumerate(tallies)
    ]
    return Plot(columns, counted(most))


def _bars(place: int, places: int, tally: Tally, most: int) -> list[Bar]:
    x, width = (place + (1 - FILLED) / 2) / places, FILLED / places
    bars, top = [], float(HIGH)
    for count, by_rule in ((tally.by_rule, True), (tally.by_others, False)):
        if count:
            height = max(count / most * HIGH, LEAST)
            top -= height
            bars.append(Bar(f"{x:.3%}", f"{width:.3%}", f"{top:.1f}", f"{height:.1f}", by_rule))
    return bars
