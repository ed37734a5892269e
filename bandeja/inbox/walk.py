"""Going through conversations in the order of the list, as far as a page, or as the time allowed reaches.

Filters choose among what an index gives in order. One that chooses few of a million would go through them all, so the
walk stops when its time is over and says where: the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, Case, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from bandeja.conversations.models import Conversation
from bandeja.inbox.filters import whole

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = 250_000_000_000_000_000
"""Microseconds since 1970 that a datetime still holds, to the year 9892."""
SMALLEST, LARGEST = 20, 10_000
"""The fewest and the most rows one statement goes through."""
STRIDE = 1 / 8
"""The part of the time that a step may take, by how long the one before it took."""

STEP = """
select id, at, hit, place from (
    select *, row_number() over () as place from ({walk}) as walk (id, at, hit)
) as walked
where hit is not null or place = {size}
order by place
"""

COUNT = "select array[{places}], array[{counted}], count(*) from ({looks}) as looked_at ({hits})"


FOUND = Value(0)
"""A hit that is the conversation itself."""


@dataclass(frozen=True)
class Source:
    """Conversations that an index gives in order; `wanted` is what they must be beside what all are asked."""

    rows: QuerySet[Conversation]
    wanted: Q = field(default_factory=Q)

    def found(self, wanted: Q, hit: Combinable) -> Case:
        """The hit of what is wanted; nothing of what is not."""
        return Case(When(wanted & self.wanted, then=hit), output_field=BigIntegerField())


@dataclass(frozen=True)
class Path:
    """Conversations in the order of `key`: of one source, or of several to be merged."""

    sources: Sequence[Source]
    key: str = "last_message_at"
    rises: bool = False

    def after(self, cursor: str) -> Q:
        """What comes after a cursor; everything after none, or one that makes no sense."""
        return self._beside(cursor, "gt" if self.rises else "lt")

    def before(self, cursor: str) -> Q:
        """What comes before a cursor."""
        return self._beside(cursor, "lt" if self.rises else "gt")

    def _beside(self, cursor: str, side: str) -> Q:
        micros, pk = (whole(part) for part in (cursor.partition("_")[0], cursor.partition("_")[2]))
        if micros is None or pk is None or micros > LATEST:
            return Q()
        at = EPOCH + micros * MICROSECOND
        # The first condition alone bounds the walk along the index; the second only breaks ties.
        past = Q(**{f"{self.key}__{side}": at}) | Q(**{f"pk__{side}": pk})
        return Q(**{f"{self.key}__{side}e": at}) & past

    def filter(self, condition: Q) -> Path:
        """Of every source only these."""
        return replace(self, sources=[replace(each, rows=each.rows.filter(condition)) for each in self.sources])

    @property
    def order(self) -> tuple[str, str]:
        return (self.key, "id") if self.rises else (f"-{self.key}", "-id")


class Step(NamedTuple):
    """A conversation the walk came by; `hit` is what was found in it, None where a step ended on one without."""

    pk: int
    at: datetime
    hit: int | None
    place: int

    @property
    def cursor(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}_{self.pk}"


@dataclass(frozen=True)
class Walked:
    """What was found, where to go on ('' at the end), and how far it looked when its time was over."""

    found: Sequence[Step]
    next: str
    looked_to: datetime | None = None


def walk(
    path: Path, wanted: Q, *, count: int, seconds: float, after: str = "", hit: Combinable = FOUND, first: int = 0
) -> Walked:
    """So many that are wanted, or as many as were come by in time; `first` is how many the first step looks at."""
    begun, found, size = perf_counter(), list[Step](), first or count + 1
    while True:
        started = perf_counter()
        steps = _step(path, wanted, hit, after, size)
        found += [step for step in steps if step.hit is not None]
        if len(found) > count:
            return Walked(found[:count], found[count - 1].cursor)
        if not steps or steps[-1].place < size:
            return Walked(found, "")
        after = steps[-1].cursor
        if perf_counter() - begun > seconds:
            return Walked(found, after, steps[-1].at)
        # Where the database has to fetch them from the disk, the same step takes ten times as long.
        size = int(size * min(max(seconds * STRIDE / (perf_counter() - started), 0.1), 2))
        size = min(max(size, SMALLEST), LARGEST)


def counts(asked: Sequence[tuple[Path, Sequence[Q]]], among: int) -> list[tuple[int, bool]]:
    """How many of the next so many of each source are wanted, and whether there are more to look at: of each that is
    asked for along a path, path after path.
    """
    told: list[list[tuple[int, int]]] = [[] for _path, each in asked for _wanted in each]
    for places, counted, looked_at in _counted(asked, among):
        for place, hits in zip(places, counted, strict=True):
            told[place].append((hits, looked_at))
    return [(sum(hits for hits, _ in each), any(looked_at == among for _, looked_at in each)) for each in told]


def _counted(asked: Sequence[tuple[Path, Sequence[Q]]], among: int) -> list[tuple[list[int], list[int], int]]:
    """For each source: whose its hits are, how many, and how many were looked at; all in one statement."""
    texts, values, first = list[str](), list[Any](), 0
    for path, each in asked:
        names = [f"hit{place}" for place in range(first, first + len(each))]
        for source in path.sources:
            found = {name: source.found(wanted, FOUND) for name, wanted in zip(names, each, strict=True)}
            looks = source.rows.annotate(**found).order_by(*path.order).values_list(*names)[:among]
            text, params = looks.query.sql_with_params()
            places, hits = ", ".join(name.removeprefix("hit") for name in names), ", ".join(names)
            counted = ", ".join(f"count({name})" for name in names)
            texts.append(COUNT.format(places=places, counted=counted, hits=hits, looks=text))
            values += params
        first += len(each)
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(texts), values)
        return [(places, counted, looked_at) for places, counted, looked_at in cursor.fetchall()]


def _step(path: Path, wanted: Q, hit: Combinable, after: str, size: int) -> list[Step]:
    steps: list[QuerySet[Any, Any]] = [
        source.rows.annotate(hit=source.found(wanted, hit)).order_by(*path.order).values_list("pk", path.key, "hit")
        for source in path.filter(path.after(after)).sources
    ]
    if not steps:
        return []
    one, *others = (step[:size] for step in steps)
    merged = one.union(*others, all=True).order_by(*path.order)[:size] if others else one
    text, params = merged.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(STEP.format(walk=text, size=size), params)
        return [Step(*row) for row in cursor.fetchall()]
