"""Dispatching: published events a second, each told to ten webhooks and held against fifty flows of its workspace.

Of the flows one begins, at closings. Floor `insert`: the deliveries alone, by a bare set-based insert. `config.burst`
is a wave of closings by a worker as it runs, each of which begins one flow: conversations closed a second with that
flow off and on, and seconds from when all are due until every run was made. `config.delivered` is deliveries a second
of the lane, to addresses that answer at once; `config.beside_dead` the same while 10,000 wait for one that is silent
for as long as a call may take.
"""

from collections.abc import Callable, Mapping
from time import perf_counter, sleep
from typing import Any

from bench import armed
from bench.beside import worker
from bench.closing import Closing
from bench.harness import Asked, Connection, alternate, install, tell
from bench.result import Percentiles, Result

ROWS = 100_000
EVENTS = 20_000
WEBHOOKS = 10
DEAD = 10_000
SENT = 2_000
SILENCE = 10.0
FLOWS = 50
PATIENCE = 600.0
"""Seconds for a wave to be over."""
CLOSED = {"kind": "conversation_closed", "told": {"causes": ["rule"]}}
# What most flows wait for, in turn: none of it happens here.
OTHERS = (
    {"kind": "conversation_closed", "told": {"reason": "Otra razón"}},
    {"kind": "message_received", "told": {"words": "devolución"}},
    {"kind": "conversation_opened", "told": {}},
    {"kind": "conversation_assigned", "told": {}},
)

# Of ten events six are messages received, three sent, and one is a closing, with what each leads to.
HAPPENED = """
with chosen as (
    select id, workspace_id, account_id, row_number() over () as turn
    from (select id, workspace_id, account_id from conversation where workspace_id = %(workspace)s
          order by random() limit %(count)s) as picked
),
said as (
    insert into message (workspace_id, account_id, conversation_id, direction, kind, text, counts, author_kind)
    select workspace_id, account_id, id, case when turn %% 10 < 6 then 'in' else 'out' end, 'text', %(text)s, true,
           'contact'
    from chosen where turn %% 10 < 9
    returning id, workspace_id, conversation_id, direction
),
closed as (
    insert into closure (workspace_id, account_id, conversation_id, cause, reason, actor_kind, closed_at)
    select workspace_id, account_id, id, 'rule', 'Sin respuesta', 'system', now() from chosen where turn %% 10 = 9
    returning id, workspace_id, conversation_id
)
insert into event (workspace_id, conversation_id, kind, actor_kind, message_id, closure_id, number)
select workspace_id, conversation_id, kind, 'contact', message_id, closure_id, nextval('event_number')
from (
    select workspace_id, conversation_id, case direction when 'in' then 'message_received' else 'message_sent' end,
           id, null::bigint
    from said
    union all
    select workspace_id, conversation_id, 'conversation_closed', null, id from closed
) as happened (workspace_id, conversation_id, kind, message_id, closure_id)
"""
TEXT = "Hola, quisiera saber si todavía tienen la talla 38 en azul, y cuánto sale el envío. "


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, armed.data(rows)) as here, here.connect() as connection:
        wave = Burst(connection, rows)
        burst = {"closings": rows, "closed": wave.closed(on=False), "closed_meanwhile": wave.closed(on=True)}
        burst["all_begun"] = wave.all_begun
        bench = Dispatching(connection, min(EVENTS, rows // armed.WORKSPACES))
        rates = alternate({"value": bench.dispatch, "insert": bench.insert}, rounds=3)
        lane = alternate({"delivered": bench.deliver, "beside_dead": bench.deliver_beside_dead})
    config: dict[str, Any] = {
        "rows": rows,
        "events": bench.count,
        "webhooks": WEBHOOKS,
        "flows": FLOWS,
        "dead": DEAD,
        **lane,
    }
    config["burst"] = burst
    return Result("dispatch", "events/s", rates.pop("value"), rates, Percentiles.of(bench.batches), config)


def _readers() -> Mapping[str, Callable[[], int]]:
    """What turns published events into work, each by a cursor of its own."""
    from bandeja.flows import dispatch as flows
    from bandeja.webhooks import dispatch as webhooks

    return {"webhooks": webhooks.step, "flows": flows.step}


class Burst:
    """All conversations become due at once, while a worker runs; in each workspace a flow begins with closings."""

    def __init__(self, connection: Connection, count: int) -> None:
        from bandeja.people import links
        from bandeja.people.models import Workspace

        self._connection, self._count, self.all_begun = connection, count, 0.0
        self._due = Closing(connection, count)
        people = [(place, links.make_agent(place, f"ana{place.pk}@bench.example", role="admin", name="Ana"))
                  for place in Workspace.objects.all()]  # fmt: skip
        self._flows = [(_flow(place, "Al cerrar", CLOSED, by=ana), ana) for place, ana in people]

    def closed(self, *, on: bool) -> float:
        """Conversations closed a second, with the flow on or off."""
        from bandeja.flows import flows

        with worker():
            for flow, ana in self._flows:
                flows.switch(flow, on=on, by=ana)
            self._due.make_due()
            begun = perf_counter()
            rate = self._count / (self._await("closure") - begun)
            if on:
                self.all_begun = self._await("flow_run") - begun
        for flow, ana in self._flows:
            flows.switch(flow, on=False, by=ana)
        return rate

    def _await(self, table: str) -> float:
        """When there are as many rows as conversations that were due."""
        until = perf_counter() + PATIENCE
        while perf_counter() < until:
            [(found,)] = self._connection.execute(f"select count(*) from {table}".encode()).fetchall()
            if found == self._count:
                return perf_counter()
            sleep(0.1)
        raise AssertionError(f"{self._count} rows of {table} were expected in {PATIENCE:.0f} s")


class Dispatching:
    """The same number of events, new ones each time."""

    def __init__(self, connection: Connection, count: int) -> None:
        self._connection, self.count = connection, count
        self.batches: list[float] = []
        busiest = "select workspace_id from conversation group by 1 order by count(*) desc limit 1"
        self._workspace = self._one(busiest)
        self._add_webhooks()

    def dispatch(self) -> float:
        made = self._happen()
        begun = last = perf_counter()
        for step in _readers().values():
            while step():
                self.batches.append(perf_counter() - last)
                last = perf_counter()
        taken = perf_counter() - begun
        if self._one("select count(*) from webhook_delivery") != made * WEBHOOKS:
            raise AssertionError("not every webhook was told of every event")
        if self._one("select count(*) from flow_run") != made // 10:
            raise AssertionError("not every closing began its flow")
        return made / taken

    def insert(self) -> float:
        """Events a second whose deliveries are inserted without reading or telling anything."""
        self._clear()
        begun = perf_counter()
        for start in range(0, self.count, 1_000):
            self._connection.execute(
                """insert into webhook_delivery (webhook_id, message_id, conversation_id, look_at)
                   select webhook.id, number, number, now()
                   from generate_series(%s::bigint, %s::bigint) as number, webhook""",
                [start, start + 999],
            )
        return self.count / (perf_counter() - begun)

    def deliver(self) -> float:
        """Deliveries a second that one worker's lane sends and settles, without the network."""
        return self._deliver(dead=0)

    def deliver_beside_dead(self) -> float:
        return self._deliver(dead=DEAD)

    def _deliver(self, dead: int) -> float:
        from bandeja.webhooks.lane import Lane

        self._queue(dead)
        lane = Lane(post=_post)
        waits = "select count(*) from webhook_delivery where message_id <= %s and state = 'waiting'"
        begun = perf_counter()
        while self._one(waits, SENT):
            lane.step()
        taken = perf_counter() - begun
        while lane.step().next_in is not None:  # those that the dead one keeps
            sleep(0.01)
        return SENT / taken

    def _queue(self, dead: int) -> None:
        """SENT for a webhook that answers, and so many for one that does not, which were there before."""
        self._clear()
        alive, silent = self._connection.execute("select id from webhook order by id limit 2").fetchall()
        self._connection.execute("update webhook set failures = 0, failing_since = null, look_at = now()")
        self._connection.execute("update webhook set url = 'https://silent.example' where id = %s", silent)
        for webhook, first, count in ((*alive, 1, SENT), (*silent, SENT + 1, dead)):
            self._connection.execute(
                """with told as (
                       insert into webhook_message (id, workspace_id, kind, body)
                       select number, %s, 'message_received', '{}'
                       from generate_series(%s::bigint, %s::bigint) as number
                       returning id
                   )
                   insert into webhook_delivery (webhook_id, message_id, conversation_id, look_at)
                   select %s, id, id, now() - interval '1 minute' from told""",
                [self._workspace, first, first + count - 1, webhook],
            )

    def _happen(self) -> int:
        self._clear()
        for cursor in ("webhook_cursor", "flow_cursor"):
            self._connection.execute(
                f"update {cursor} set number = (select coalesce(max(number), 0) from event)".encode()
            )
        happened = {"workspace": self._workspace, "count": self.count, "text": TEXT}
        made = self._connection.execute(HAPPENED, happened).rowcount
        self._connection.execute("vacuum analyze event")
        self._connection.execute("checkpoint")
        return made

    def _clear(self) -> None:
        self._connection.execute("truncate webhook_delivery, webhook_message, webhook_attempt, flow_run cascade")

    def _add_webhooks(self) -> None:
        from bandeja.flows import flows
        from bandeja.people import links
        from bandeja.people.models import Workspace
        from bandeja.webhooks import endpoints

        place = Workspace.objects.get(pk=self._workspace)
        ana = links.make_agent(place, "webhooks@bench.example", role="admin", name="Ana")
        for number in range(WEBHOOKS):
            url = f"https://w{number}.example"
            endpoints.add(place, name=f"Webhook {number}", url=url, events=endpoints.EVENTS, by=ana)
        for number, begins in zip(range(FLOWS), (CLOSED, *OTHERS * FLOWS), strict=False):
            flows.switch(_flow(place, f"Flujo {number}", begins, by=ana), on=True, by=ana)
        tell(f"{WEBHOOKS} webhooks and {FLOWS} flows are told of {self.count:,} events")

    def _one(self, query: str, *given: object) -> int:
        row = self._connection.execute(query.encode(), given or None).fetchone()
        return int(row[0]) if row else 0


def _flow(place: Any, name: str, begins: Mapping[str, Any], *, by: Any) -> Any:
    """Published, and off; all it does is wait a year: what is measured is how it begins."""
    from bandeja.flows import flows

    waits = {"id": "s1", "kind": "wait", "told": {"amount": 365, "unit": "days"}}
    flow = flows.make(place, name, {"start": dict(begins), "steps": [waits]}, by=by)
    flows.publish(flow, by=by)
    return flow


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Any:
    from bandeja.webhooks.outside import Answer, Failure

    del body, headers
    if url != "https://silent.example":
        return Answer(200)
    sleep(SILENCE)
    return Answer(failure=Failure.TOO_SLOW)
