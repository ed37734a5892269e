"""Where the marks of the two plots stand: closings a day, and how long contacts take to write again.

Across, everything is a share of the width, so that a plot is as wide as its place and its letters stay as they are;
down, it is in pixels. All of it goes into attributes: nothing here needs a style or a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log
from typing import NamedTuple

from django.utils import timezone

from bandeja.closing.preview import Preview
from bandeja.closing.silences import DAY, EDGES, HOUR, MINUTE, Silences
from bandeja.closing.words import percent

DAYS_HIGH, SILENCES_HIGH = 56, 120
"""How high the highest bar is."""
FILLED = 0.84
"""How much of its column a bar takes."""
MAJOR = {HOUR, 8 * HOUR, DAY, 7 * DAY}
"""The times that are named where it is narrow too."""


class Bar(NamedTuple):
    """`x` and `width` are percentages, `y` and `height` pixels; `late` is past the rule's time."""

    x: str
    width: str
    y: str
    height: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A day and its closings."""

    day: date
    count: int
    bar: Bar


@dataclass(frozen=True, slots=True)
class Span:
    """The silences between two edges, what part of all they are; two bars where the rule's time lies within."""

    shorter: str
    longer: str
    count: int
    part: str
    bars: Sequence[Bar]


class Tick(NamedTuple):
    """An edge's name and where it stands; the ends are written inwards."""

    text: str
    x: str
    anchor: str
    major: bool


class Mark(NamedTuple):
    """Where the rule's time stands, and to which side its name is written."""

    x: str
    text_x: str
    anchor: str


def days(preview: Preview) -> list[Day]:
    """Every day from the first to the last, closings or none, by the dates of the workspace."""
    counts = dict(preview.days)
    if not counts:
        return []
    first, last = (timezone.localtime(instant).date() for instant in (preview.since, preview.until))
    each_day = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    most = max(counts.values())
    return [
        Day(day, counts.get(day, 0), _bar(place, len(each_day), counts.get(day, 0) / most, DAYS_HIGH))
        for place, day in enumerate(each_day)
    ]


def spans(silences: Silences, seconds: int) -> list[Span]:
    """The silences between each edge and the next, parted at the rule's time."""
    pairs = list(pairwise(EDGES))
    counts = [_count(silences, shorter, longer) for shorter, longer in pairs]
    most = max(counts) or 1
    return [
        Span(
            brief(shorter),
            brief(longer),
            count,
            percent(count / silences.total),
            list(_parted(place, count / most, _passed(shorter, longer, seconds))),
        )
        for place, ((shorter, longer), count) in enumerate(zip(pairs, counts, strict=True))
    ]


def ticks() -> list[Tick]:
    """The names of the edges; the second has none, for the first is written into its place."""
    last = len(EDGES) - 1
    anchors = {0: "start", last: "end"}
    return [
        Tick(brief(edge), _percent(place / last), anchors.get(place, "middle"), edge in MAJOR)
        for place, edge in enumerate(EDGES)
        if place != 1
    ]


def mark(seconds: int) -> Mark:
    """The rule's time among the edges; one that is shorter or longer than all stands at that end."""
    place = 0.0
    for shorter, longer in pairwise(EDGES):
        place += _passed(shorter, longer, seconds)
    x = place / (len(EDGES) - 1)
    leftwards = x > 0.5
    return Mark(_percent(x), _percent(x + (-0.012 if leftwards else 0.012)), "end" if leftwards else "start")


def brief(seconds: int) -> str:
    """A time as an axis names it: 15 min, 4 h, 7 d."""
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h" if seconds < DAY else f"{seconds // DAY} d"


def _count(silences: Silences, shorter: int, longer: int) -> int:
    begins = silences.total if shorter == EDGES[0] else silences.longer[shorter]
    return begins - silences.longer[longer]


def _passed(shorter: int, longer: int, seconds: int) -> float:
    """How much of the column between two edges lies before the rule's time: the columns are logarithms."""
    within = min(max(seconds, shorter), longer)
    return log(within / shorter) / log(longer / shorter)


def _parted(place: int, part: float, passed: float) -> Iterator[Bar]:
    columns = len(EDGES) - 1
    margin = (1 - FILLED) / 2
    cut = min(max(passed, margin), 1 - margin)
    for begins, ends, late in ((margin, cut, False), (cut, 1 - margin, True)):
        if ends > begins and part:
            yield _drawn((place + begins) / columns, (ends - begins) / columns, part, SILENCES_HIGH, late=late)


def _bar(place: int, columns: int, part: float, high: int) -> Bar:
    return _drawn((place + (1 - FILLED) / 2) / columns, FILLED / columns, part, high)


def _drawn(x: float, width: float, part: float, high: int, *, late: bool = False) -> Bar:
    # What there is can be seen, however little it is.
    height = max(part * high, 2.0) if part else 0.0
    return Bar(_percent(x), _percent(width), f"{high - height:.1f}", f"{height:.1f}", late)


def _percent(part: float) -> str:
    return f"{part * 100:.3f}%"
