"""Sending: queued messages to recorded answers a second, by one lane and a channel that answers at once.

Floor `update`: the same messages marked accepted by a bare set-based update, as many at a time as a claim takes.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from time import perf_counter
from typing import Any

from bench import armed
from bench.harness import Asked, Connection, alternate, install
from bench.result import Percentiles, Result

ROWS = 100_000
MESSAGES = 20_000
ROUNDS = 3


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, armed.data(rows)) as here, here.connect() as connection:
        bench = Sending(connection, min(MESSAGES, rows))
        rates = alternate({"value": bench.send, "update": bench.update}, rounds=ROUNDS)
    value = rates.pop("value")
    config = {"rows": rows, "messages": bench.count, "accounts": bench.accounts, "at_once": bench.at_once}
    return Result("outbox", "messages/s", value, rates, Percentiles.of(bench.steps), config)


class Instant:
    """A channel that takes everything at once."""

    limits: Mapping[Any, Any] = {}
    captions: Mapping[Any, int] = {}
    has_templates = False
    buttons: Any = None
    has_places = False

    def __init__(self) -> None:
        self._numbers = count(1)

    def split(self, text: str) -> Sequence[str]:
        return [text]

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Any:
        from bandeja.channels.sending import Window

        del free_until, config
        return Window(opened_at)

    def upload(self, line: Any, file: Any) -> str:
        del line, file
        return ""

    def send(self, outbound: Any) -> str:
        return f"{next(self._numbers)}.{outbound.handle}"


class Sending:
    """The same number of messages, new ones each time, one in each conversation."""

    def __init__(self, connection: Connection, number: int) -> None:
        from bandeja.channels import registry
        from bandeja.outbox import lane, pace

        registry.SENDERS["api"] = Instant()
        # As fast as we are, not as fast as channels allow.
        pace.DEFAULT = 1_000_000.0
        self._lane, self.at_once = lane, lane.TOTAL
        self._connection, self.count = connection, number
        self.steps: list[float] = []
        row = connection.execute("select count(*) from account").fetchone()
        self.accounts = row[0] if row else 0

    def send(self) -> float:
        self._queue()
        from bandeja.conversations.models import Outgoing
        from bandeja.loops import Loop

        stop, lane = threading.Event(), self._lane.Lane()

        def step() -> Any:
            begun = perf_counter()
            passed = lane.step()
            self.steps.append(perf_counter() - begun)
            if not passed.count and not Outgoing.objects.exists():
                stop.set()
            return passed

        loop = Loop("send", step, finish=lane.close)
        lane.wake = loop.wake
        begun = perf_counter()
        loop.run(stop)
        taken = perf_counter() - begun
        row = self._connection.execute("select count(*) from message where state = 'accepted'").fetchone()
        if row != (self.count,):
            raise AssertionError(f"{row} messages were accepted of {self.count}")
        return self.count / taken

    def update(self) -> float:
        """Messages a second by the bare update."""
        self._queue()
        ids = [pk for (pk,) in self._connection.execute("select message_id from outgoing order by 1").fetchall()]
        begun = perf_counter()
        for start in range(0, len(ids), self.at_once):
            self._connection.execute(
                "update message set state = 'accepted', external_id = id::text where id = any(%s)",
                [ids[start : start + self.at_once]],
            )
        return len(ids) / (perf_counter() - begun)

    def _queue(self) -> None:
        self._connection.execute("delete from outgoing")
        self._connection.execute("delete from message where direction = 'out'")
        self._connection.execute(
            """with written as (
                   insert into message (workspace_id, account_id, conversation_id, direction, kind, text, author_kind,
                                        state, state_at)
                   select workspace_id, account_id, id, 'out', 'text', 'Hola, con mucho gusto.', 'agent', 'queued',
                          now()
                   from conversation order by id limit %s
                   returning id, account_id, conversation_id
               )
               insert into outgoing (message_id, account_id, conversation_id)
               select id, account_id, conversation_id from written""",
            [self.count],
        )
        self._connection.execute("vacuum analyze message, outgoing")
        self._connection.execute("checkpoint")
