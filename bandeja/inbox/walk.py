"""Going through conversations in the order of the list, as far as a page, or as the time allowed reaches.

Filters choose among what an index gives in order. One that chooses few of a million would go through them all, so the
walk stops when its time is over and says where: the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Q, QuerySet

from bandeja.conversations.models import Conversation
from bandeja.inbox.filters import whole

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = 250_000_000_000_000_000
"""Microseconds since 1970 that a datetime still holds, to the year 9892."""
LARGEST = 10_000
"""The most rows one statement goes through."""

STEP = """
select id, at, hit, place from (
    select *, row_number() over () as place from ({walk}) as walk (id, at, hit)
) as walked
where hit is not null or place = {size}
order by place
"""

COUNT = "select {place}, count(hit), count(*) from ({looks}) as looked_at (hit)"


@dataclass(frozen=True)
class Path:
    """Conversations that an index gives in the order of `key`: one source, or several to be merged."""

    sources: Sequence[QuerySet[Conversation]]
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


def walk(path: Path, hit: Case, *, wanted: int, seconds: float, after: str = "", first: int = 0) -> Walked:
    """So many that have a `hit`, or as many as were come by in time; `first` is how many the first step looks at."""
    begun, found, size = perf_counter(), list[Step](), first or wanted + 1
    while True:
        started = perf_counter()
        steps = _step(path, hit, after, size)
        found += [step for step in steps if step.hit is not None]
        if len(found) > wanted:
            return Walked(found[:wanted], found[wanted - 1].cursor)
        if not steps or steps[-1].place < size:
            return Walked(found, "")
        after = steps[-1].cursor
        if perf_counter() - begun > seconds:
            return Walked(found, after, steps[-1].at)
        if perf_counter() - started < seconds / 8:
            size = min(3 * size, LARGEST)


def counts(asked: Sequence[tuple[Path, Case]], among: int) -> list[tuple[int, bool]]:
    """Of each: how many of the next so many of each source have a `hit`, and whether there are more to look at."""
    told: list[list[tuple[int, int]]] = [[] for _ in asked]
    for place, hits, looked_at in _counted(asked, among):
        told[place].append((hits, looked_at))
    return [(sum(hits for hits, _ in each), any(looked_at == among for _, looked_at in each)) for each in told]


def _counted(asked: Sequence[tuple[Path, Case]], among: int) -> list[tuple[int, int, int]]:
    """For each source of each: whose it is, its hits, and how many were looked at; all in one statement."""
    texts, values = list[str](), list[Any]()
    for place, (path, hit) in enumerate(asked):
        for source in path.sources:
            looks = source.annotate(hit=hit).order_by(*path.order).values_list("hit")[:among]
            text, params = looks.query.sql_with_params()
            texts.append(COUNT.format(place=place, looks=text))
            values += params
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(texts), values)
        return [(place, hits, looked_at) for place, hits, looked_at in cursor.fetchall()]


def _step(path: Path, hit: Case, after: str, size: int) -> list[Step]:
    steps: list[QuerySet[Any, Any]] = [
        source.filter(path.after(after)).annotate(hit=hit).order_by(*path.order).values_list("pk", path.key, "hit")
        for source in path.sources
    ]
    if not steps:
        return []
    one, *others = (step[:size] for step in steps)
    merged = one.union(*others, all=True).order_by(*path.order)[:size] if others else one
    text, params = merged.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(STEP.format(walk=text, size=size), params)
        return [Step(*row) for row in cursor.fetchall()]
