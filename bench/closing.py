"""Closing what is due: conversations a second, each with its closure and its event, by the sweep itself.

Floors, over the same rows with the same constraints and indexes: `update`, the bare UPDATE; `sql`, one statement
a batch that also writes closure and event, with every value known beforehand and nothing to check.
"""

from functools import partial
from time import perf_counter
from typing import Any

from bench import armed
from bench.harness import Asked, Connection, alternate, install
from bench.result import Percentiles, Result

ROWS = 1_000_000
ROUNDS = 3
FLOOR_BATCH = 1_000
"""The best of the batches tried for the floors; the sweep's own is smaller, for the sake of who waits for a row."""

BARE = """
with due as materialized (
    select id from conversation
    where account_id = %(account)s and look_at <= now() order by look_at limit %(batch)s for update skip locked
)
update conversation set status = 'closed', closed_at = now(), armed_at = null, look_at = null
from due where conversation.id = due.id
"""

BEST = """
with due as materialized (
    select id, armed_at, look_at, last_inbound_at, owner_id, unread from conversation
    where account_id = %(account)s and look_at <= now() order by look_at limit %(batch)s for update skip locked
),
closed as (
    update conversation set status = 'closed', closed_at = now(), armed_at = null, look_at = null
    from due where conversation.id = due.id
    returning conversation.id, workspace_id, account_id, closed_at, due.armed_at, due.look_at,
              due.last_inbound_at, due.owner_id, due.unread
),
recorded as (
    insert into closure (workspace_id, account_id, conversation_id, cause, reason, actor_kind, armed_at, deadline,
                         closed_at, last_inbound_at, owner_id, unread, rule_id, rule_name, rule_amount, rule_unit)
    select workspace_id, account_id, id, 'rule', 'Sin respuesta del contacto', 'system', armed_at, look_at,
           closed_at, last_inbound_at, owner_id, unread, 1, 'Regla 1', 365, 'days'
    from closed
    returning id, workspace_id, conversation_id, closed_at
)
insert into event (workspace_id, conversation_id, kind, at, actor_kind, closure_id)
select workspace_id, conversation_id, 'conversation_closed', closed_at, 'system', id from recorded
"""


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, armed.data(rows)) as here, here.connect() as connection:
        connection.prepare_threshold = 3
        bench = Closing(connection, rows // 10)
        rates = alternate(
            {"value": bench.sweep, "sql": partial(bench.floor, BEST), "update": partial(bench.floor, BARE)},
            rounds=ROUNDS,
        )
    value = rates.pop("value")
    config = {"rows": rows, "due": rows // 10, "rounds": ROUNDS, "batch": bench.batch, "floor_batch": FLOOR_BATCH}
    return Result("closing", "conversations/s", value, rates, Percentiles.of(bench.batches), config)


class Closing:
    """The same conversations made due again before each run."""

    def __init__(self, connection: Connection, due: int) -> None:
        from bandeja.closing import sweep

        self.sweeping, self.batch = sweep, sweep.BATCH
        self._connection, self._due = connection, due
        self.batches: list[float] = []
        connection.execute("create table bench_due as select id from conversation order by random() limit %s", [due])
        connection.execute("alter table bench_due add primary key (id)")
        row = connection.execute("select array_agg(id) from account").fetchone()
        self._accounts: list[int] = row[0] if row else []

    def sweep(self) -> float:
        """Conversations a second by the product's sweep."""
        self.make_due()
        begun = last = perf_counter()
        closed = 0
        while (swept := self.sweeping.step()).closed:
            closed += swept.closed
            self.batches.append((perf_counter() - last) * self.batch / swept.closed)
            last = perf_counter()
        return self._rate(closed, begun)

    def floor(self, statement: str) -> float:
        """Conversations a second by this statement, batch after batch, account after account."""
        self.make_due()
        begun, closed = perf_counter(), 0
        for account in self._accounts:
            params: dict[str, Any] = {"account": account, "batch": FLOOR_BATCH}
            while done := self._connection.execute(statement, params).rowcount:
                closed += done
        return self._rate(closed, begun)

    def _rate(self, closed: int, begun: float) -> float:
        taken = perf_counter() - begun
        if closed != self._due:
            raise AssertionError(f"{closed} were closed of {self._due}")
        return closed / taken

    def make_due(self) -> None:
        run = self._connection.execute
        run(
            """update conversation
               set status = 'open', closed_at = null, armed_at = due.armed_at,
                   look_at = due.armed_at + interval '365 days'
               from (select id, now() - interval '366 days' + random() * interval '1 hour' as armed_at from bench_due)
                   as due
               where due.id = conversation.id"""
        )
        run("truncate closure, event")
        run("vacuum conversation")
        run("checkpoint")
