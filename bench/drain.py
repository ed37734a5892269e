"""Draining: stored deliveries to joined messages a second, from raw JSON, with identities, conversations, clocks and
events; one worker, with as many drains as it runs.

Floor `insert`: the same messages by a bare set-based insert into the table, as many at a time. `config.mix` is events
a second over what Meta delivers on an ordinary day (see mix.py).
"""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from django.db import connections

from bench import armed
from bench.harness import Asked, Connection, alternate, install
from bench.mix import Mix
from bench.result import Percentiles, Result

ROWS = 1_000_000
DELIVERIES = 30_000
ROUNDS = 3
STRANGERS = 0.1
"""The part of the messages whose writer is unknown yet."""
TEXT = "Hola, quisiera saber si todavía tienen la talla 38 en azul, y cuánto sale el envío. "


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, armed.data(rows)) as here, here.connect() as connection:
        bench = Draining(connection, min(DELIVERIES, rows))
        mix = Mix(connection, bench.count)
        rates = alternate({"value": bench.drain, "insert": bench.insert, "mix": mix.drain}, rounds=ROUNDS)
    value, mixed = rates.pop("value"), rates.pop("mix")
    config = {
        "rows": rows, "deliveries": bench.count, "strangers": STRANGERS, "batch": bench.batch, "drains": bench.drains,
        "mix": mixed,
    }  # fmt: skip
    return Result("drain", "messages/s", value, rates, Percentiles.of(bench.batches), config)


class Draining:
    """The same number of deliveries, new ones each time."""

    def __init__(self, connection: Connection, count: int) -> None:
        from bandeja.intake import drain

        self._draining, self.batch, self.drains = drain, drain.BATCH, drain.DRAINS
        self._connection, self.count = connection, count
        self._written = self._strangers = 0
        self.batches: list[float] = []
        known = connection.execute(
            "select account_id, array_agg(value) from identity group by 1 order by 1"
        ).fetchall()
        self._known: list[tuple[int, list[str]]] = [(account, values) for account, values in known]

    def drain(self) -> float:
        self._store()
        made = self._count("contact") + self._strangers
        begun = perf_counter()
        with ThreadPoolExecutor(self.drains) as drains:
            drained = sum(drains.map(lambda _: self._steps(), range(self.drains)))
        taken = perf_counter() - begun
        if drained != self.count or self._count("receipt where processed_at is null"):
            raise AssertionError(f"{drained} deliveries were drained of {self.count}")
        if made != self._count("contact"):
            raise AssertionError("writers who should be known were not, or the other way round")
        return drained / taken

    def _steps(self) -> int:
        """What the loop of a worker does, until nothing is left; answers how many it drained."""
        drained, last = 0, perf_counter()
        try:
            while done := self._draining.step():
                drained += done
                self.batches.append(perf_counter() - last)
                last = perf_counter()
        finally:
            connections.close_all()
        return drained

    def insert(self) -> float:
        """Messages a second by the bare insert, into the conversations of the same contacts."""
        rows = self._connection.execute(
            "select id, workspace_id, account_id from conversation order by random() limit %s", [self.count]
        ).fetchall()
        begun = perf_counter()
        for start in range(0, len(rows), self.batch):
            batch = rows[start : start + self.batch]
            self._connection.execute(
                """insert into message (workspace_id, account_id, conversation_id, direction, kind, text, external_id,
                                        counts, at, received_at, author_kind)
                   select workspace_id, account_id, conversation_id, 'in', 'text', %s,
                          gen_random_uuid()::text, true, now(), now(), 'contact'
                   from unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                       as item (conversation_id, workspace_id, account_id)""",
                [TEXT, *(list(column) for column in zip(*batch, strict=True))],
            )
        return len(rows) / (perf_counter() - begun)

    def _count(self, what: str) -> int:
        row = self._connection.execute(f"select count(*) from {what}").fetchone()
        return int(row[0]) if row else 0

    def _store(self) -> None:
        self._strangers = 0
        self._connection.execute("truncate receipt")
        for start in range(0, self.count, 1_000):
            came = [self._delivery() for _ in range(min(1_000, self.count - start))]
            self._connection.execute(
                """insert into receipt (account_id, channel, body)
                   select account_id, 'api', body
                   from unnest(%s::bigint[], %s::bytea[]) as came (account_id, body)""",
                [list(column) for column in zip(*came, strict=True)],
            )
        self._connection.execute("vacuum analyze receipt")
        self._connection.execute("checkpoint")

    def _delivery(self) -> tuple[int, bytes]:
        self._written += 1
        account, known = random.choice(self._known)
        stranger = random.random() < STRANGERS
        self._strangers += stranger
        contact = {"id": f"new-{self._written}" if stranger else random.choice(known), "name": "Lía Gómez"}
        said = {"external_id": f"bench-{self._written}", "contact": contact, "text": TEXT}
        return account, json.dumps(said).encode()
