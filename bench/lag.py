"""Punctuality: from a conversation's deadline to its committed closing, while others write; the worker as it runs.

A million armed, 2,000 falling due a minute, 200 deliveries a second stored and joined meanwhile. A closing counts as
committed when its bell reaches a listener beside us, which PostgreSQL sends after the commit: the times are too long
by the bell's way, never too short.
"""

import json
import threading
import time
from datetime import UTC, datetime
from itertools import count

from bench import armed
from bench.beside import BrokenError, worker
from bench.harness import Asked, Connection, Install, install, tell
from bench.result import Percentiles, Result

ROWS = 1_000_000
SECONDS = 60.0
DUE_PER_MINUTE = 2_000
INBOUND_PER_SECOND = 200
LEAD = 10.0
"""Seconds from now until the first deadline: the worker has started by then."""
TAIL = 2.0
"""Seconds after the last deadline."""


def measure(asked: Asked) -> Result:
    rows, seconds = asked.rows or ROWS, asked.seconds or SECONDS
    with install(asked, armed.data(rows)) as here, here.connect() as connection, worker():
        due = round(DUE_PER_MINUTE * seconds / 60)
        tell(f"{due:,} fall due over {seconds:.0f} s")
        closings = Closings(here)
        writers = Writers(here)
        _fall_due(connection, due, seconds)
        time.sleep(LEAD + seconds + TAIL)
        written = writers.stop()
        lags = closings.lags(connection)
        if len(lags) != due:
            raise BrokenError(f"{len(lags)} of {due} conversations closed in time to be seen")
        waiting = connection.execute("select count(*) from receipt where processed_at is null").fetchone()
    times = Percentiles.of(lags)
    config = {
        "rows": rows, "due": due, "seconds": seconds, "inbound_per_second": written / (LEAD + seconds + TAIL),
        "still_waiting": waiting[0] if waiting else None,
    }  # fmt: skip
    return Result("lag", "s", times.p99, {}, times, config)


def _fall_due(connection: Connection, due: int, seconds: float) -> None:
    """Spread so many deadlines evenly, from LEAD seconds on; these contacts stay silent."""
    connection.execute(
        """update conversation
           set armed_at = deadline - interval '365 days', look_at = deadline
           from (
               select id, clock_timestamp() + make_interval(secs => %s + row_number() over () * %s) as deadline
               from (select id from conversation where contact_id > %s order by random() limit %s) as chosen
           ) as soon
           where soon.id = conversation.id""",
        [LEAD, seconds / due, armed.KNOWN, due],
    )


class Closings:
    """Hears the bells, and when."""

    def __init__(self, here: Install) -> None:
        self._heard: list[tuple[float, set[int]]] = []
        self._connection = here.connect()
        self._connection.execute("listen bandeja")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            for bell in self._connection.notifies(timeout=0.5):
                named = json.loads(bell.payload)["c"]
                if named != "many":
                    self._heard.append((time.time(), set(named)))

    def lags(self, connection: Connection) -> list[float]:
        """Stop listening; the seconds from each deadline to the first bell after its closing."""
        self._stop.set()
        self._thread.join()
        self._connection.close()
        rows = connection.execute("select conversation_id, deadline, closed_at from closure").fetchall()
        return [lag for row in rows if (lag := self._lag(*row)) is not None]

    def _lag(self, conversation_id: int, deadline: datetime, closed_at: datetime) -> float | None:
        closed = closed_at.astimezone(UTC).timestamp()
        heard = (at for at, named in self._heard if conversation_id in named and at >= closed)
        at = next(heard, None)
        return None if at is None else at - deadline.timestamp()


class Writers:
    """Stores deliveries of known contacts at a steady pace, with the door's own statement."""

    def __init__(self, here: Install) -> None:
        from bandeja.conversations.sql import statement

        self._store = statement("bandeja.intake", "store")
        self._connection = here.connect()
        self._known = self._connection.execute(
            "select account_id, value from identity order by random() limit 20000"
        ).fetchall()
        self._written = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop writing; answers how many deliveries were stored."""
        self._stop.set()
        self._thread.join()
        return self._written

    def _write(self) -> None:
        begun = time.monotonic()
        for number in count():
            ahead = begun + number / INBOUND_PER_SECOND - time.monotonic()
            if self._stop.wait(max(ahead, 0)):
                return
            account, contact = self._known[number % len(self._known)]
            said = {"external_id": f"lag-{number}", "contact": {"id": contact}, "text": "¿Siguen ahí?"}
            # Ten to a bell, as the door does: it rings at most twenty times a second.
            if number % 10 == 0:
                self._connection.execute("notify bandeja_door")
            self._connection.execute(
                self._store,
                {
                    "account_ids": [account],
                    "app_ids": [None],
                    "channels": ["api"],
                    "bodies": [json.dumps(said).encode()],
                    "headers": "[{}]",
                },
            )
            self._written += 1
