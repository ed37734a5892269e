"""kill -9 of anything, at any moment: after a restart nothing is lost and nothing happened twice (invariant 8)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from bandeja.embedded.bond import die_with
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.errors import EmbeddedError
from bandeja.embedded.place import Place
from tests.server import PATIENCE, Server, free_port

LONG = "BANDEJA_TEST_ALL" in os.environ
KILLS = 40 if LONG else 12
"""Of workers; the others take longer to come back, and are killed less often."""
DUE = 600 if LONG else 200
DELIVERIES = 1_500 if LONG else 300
SENDERS = 6
DAWDLE = """
create or replace function dawdle() returns trigger language plpgsql as
$$ begin perform pg_sleep(0.002); return new; end $$;
create trigger dawdle before insert on {table} for each row execute function dawdle()
"""
DAWDLE_OVER = """
create trigger dawdle_over before update on conversation for each row
when (old.included_at is distinct from new.included_at) execute function dawdle()
"""
pytestmark = pytest.mark.timeout(600 if LONG else 180)


class House:
    """A durable PostgreSQL of its own, and whatever runs on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = Cluster(Place(home / "postgres"))
        self.told = {**os.environ, "BANDEJA_HOME": str(home), "DATABASE_URL": self.cluster.place.url}
        self.workers: set[int] = set()

    def open(self) -> None:
        self.cluster.start()
        subprocess.run([sys.executable, "-m", "bandeja", "migrate", "--quiet"], env=self.told, check=True)
        for table in ("message", "closure", "receipt"):
            # Each row takes its time, so that whoever is killed is in the middle of something.
            self.ask(DAWDLE.format(table=table))
        parent = os.getpid()
        with (self.home / "workers").open("w") as said:
            self.nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.nursery"],
                env=self.told, cwd=Path(__file__).parents[1], text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=said, preexec_fn=lambda: die_with(parent, signal.SIGKILL),
            )  # fmt: skip

    def close(self) -> None:
        self.nursery.kill()
        self.nursery.communicate()
        self.cluster.stop()

    def ask(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, on a connection of its own; waits for a database that is coming back."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(self.cluster.place.url, autocommit=True) as other:
                    cursor = other.execute(query, params or None)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def tell_nursery(self, line: str) -> Any:
        assert self.nursery.stdin
        assert self.nursery.stdout
        print(line, file=self.nursery.stdin, flush=True)
        return json.loads(self.nursery.stdout.readline())

    def start_worker(self) -> int:
        pid = self.tell_nursery("worker")
        self.workers.add(pid)
        assert isinstance(pid, int)
        return pid

    def kill_worker(self, pid: int) -> None:
        self.workers.remove(pid)
        os.kill(pid, signal.SIGKILL)

    def kill_postgres(self, how: str) -> None:
        """One backend, which makes PostgreSQL itself start anew; or its main process; or all of it at once."""
        main = int((self.cluster.place.data / "postmaster.pid").read_text().splitlines()[0])
        backends = [
            pid for (pid,) in self.ask("select pid from pg_stat_activity where backend_type = 'client backend'")
        ]
        children = [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]
        for pid in {"backend": backends[:1], "main": [main], "all": [main, *children]}[how]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if how != "backend":
            self._start_again()

    def _start_again(self) -> None:
        until = time.monotonic() + PATIENCE
        while self.cluster.alive():
            time.sleep(0.005)
        while True:
            try:
                self.cluster.start()
            except EmbeddedError:
                # What served the last connections has not ended yet.
                assert time.monotonic() < until
                time.sleep(0.1)
            else:
                return


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    try:
        house.open()
        yield house
    finally:
        house.close()


@pytest.fixture
def shop(house: House) -> Iterator["Shop"]:
    yield Shop(house, house.tell_nursery(f"seed {DUE}"))
    for pid in list(house.workers):
        house.kill_worker(pid)


class Shop:
    """An account of the house with due conversations, deliveries to it, and what must become of both."""

    def __init__(self, house: House, seeded: Any) -> None:
        self.house, self.seeded, self.account = house, seeded, seeded["account"]
        self.sent: dict[str, str] = {}

    def delivery(self, number: int) -> bytes:
        """Two messages of one contact; forty contacts write in turns."""
        who = f"c{number % 40}"
        items = [f"{number}-{half}" for half in "ab"]
        self.sent |= dict.fromkeys(items, who)
        return json.dumps([{"external_id": key, "contact": {"id": who}, "text": key} for key in items]).encode()

    def store(self, numbers: range) -> None:
        """As the door does, all in one commit."""
        with psycopg.connect(self.house.cluster.place.url) as other, other.cursor() as cursor:
            cursor.executemany(
                "insert into receipt (account_id, channel, body) values (%s, 'api', %s)",
                [(self.account, self.delivery(number)) for number in numbers],
            )

    def left(self) -> int:
        """How many deliveries wait, conversations are due, and events unpublished."""
        ((left,),) = self.house.ask(
            """select (select count(*) from receipt where account_id = %s and processed_at is null)
                    + (select count(*) from conversation where account_id = %s and look_at < now())
                    + (select count(*) from event join conversation on conversation.id = conversation_id
                       where account_id = %s and number is null)""",
            *[self.account] * 3,
        )
        assert isinstance(left, int)
        return left

    def await_rest(self) -> None:
        until = time.monotonic() + 3 * PATIENCE
        while left := self.left():
            assert time.monotonic() < until, f"{left} left: {(self.house.home / 'workers').read_text()[-2_000:]}"
            time.sleep(0.1)

    def check(self) -> None:
        """Nothing is lost, and nothing happened twice."""
        self._check_deliveries()
        self._check_messages()
        self._check_closings()

    def _check_deliveries(self) -> None:
        put_off = """select count(*) from receipt
                     where account_id = %s and (processed_at is null or parked_at is not null or failures > 0)"""
        assert self.house.ask(put_off, self.account) == [(0,)]

    def _check_messages(self) -> None:
        joined = self.house.ask(
            """select external_id, value, (select count(*) from event
                      where message_id = message.id and event.kind = 'message_received')
               from message join conversation on conversation.id = conversation_id
               join identity on identity.contact_id = conversation.contact_id
               where message.account_id = %s and value not like 'silent%%'""",
            self.account,
        )
        assert Counter((key, who) for key, who, _ in joined) == Counter(self.sent.items())
        assert {told for _, _, told in joined} == {1}
        counted = self.house.ask(
            """select conversation.unread, count(*),
                      (select count(*) from event where conversation_id = conversation.id
                       and kind = 'conversation_opened')
               from conversation join message on message.conversation_id = conversation.id
               where conversation.account_id = %s and conversation.status = 'open' group by conversation.id""",
            self.account,
        )
        assert len(counted) == len(set(self.sent.values()))
        assert all(unread == messages and opened == 1 for unread, messages, opened in counted)

    def _check_closings(self) -> None:
        closed = self.house.ask(
            """select conversation.status, conversation.unread,
                      (select array_agg(cause) from closure where conversation_id = conversation.id),
                      (select array_agg(closure.id is not null) from event
                       left join closure on closure.id = closure_id
                            and closure.conversation_id = event.conversation_id
                       where event.conversation_id = conversation.id and kind = 'conversation_closed')
               from conversation join identity on identity.contact_id = conversation.contact_id
               where conversation.account_id = %s and value like 'silent%%'""",
            self.account,
        )
        assert Counter(map(repr, closed)) == {repr(("closed", 1, ["rule"], [True])): DUE}


def at_random_moments(shop: Shop, times: int, kill: Callable[[], None], most: float) -> int:
    """Kill so many times while there is something to do; answers how many of those were in the middle of it."""
    interrupted = 0
    for _ in range(times):
        time.sleep(random.uniform(0, most))
        before = shop.left()
        kill()
        interrupted += before > 0
    return interrupted


def test_workers_killed_while_draining_and_sweeping(shop: Shop) -> None:
    """Two at a time, each killed and replaced again and again."""
    shop.store(range(DELIVERIES))
    shop.store(range(0, DELIVERIES, 7))  # delivered twice
    house = shop.house
    workers = [house.start_worker() for _ in range(2)]

    def kill() -> None:
        house.kill_worker(workers.pop(0))
        workers.append(house.start_worker())

    assert at_random_moments(shop, KILLS, kill, 0.3) >= 3
    shop.await_rest()
    shop.check()


def test_workers_killed_while_carrying_out_a_bulk_action(house: House) -> None:
    """It goes on where it was: every conversation is closed once and counted once."""
    many = 3 * DUE
    begun = house.tell_nursery(f"bulk {many}")
    workers = [house.start_worker() for _ in range(2)]
    interrupted = 0
    until = time.monotonic() + 3 * PATIENCE
    while house.ask("select id from bulk where id = %s and ended_at is null", begun["bulk"]):
        assert time.monotonic() < until, (house.home / "workers").read_text()[-2_000:]
        time.sleep(random.uniform(0.02, 0.2))
        if interrupted < KILLS:
            house.kill_worker(workers.pop(0))
            workers.append(house.start_worker())
            interrupted += 1
    assert interrupted >= 2
    assert house.ask("select total, done, halted from bulk where id = %s", begun["bulk"]) == [(many, many, "")]
    told = house.ask(
        """select conversation.status, count(distinct closure.id), count(event.id)
           from conversation
           left join closure on closure.conversation_id = conversation.id
           left join event on event.closure_id = closure.id
           where conversation.account_id = %s group by conversation.id""",
        begun["account"],
    )
    assert told == [("closed", 1, 1)] * many
    for pid in list(house.workers):
        house.kill_worker(pid)


def test_workers_killed_while_taking_closings_back(house: House) -> None:
    """It goes on where it was: every conversation opens once, and its closing says so."""
    many = 3 * DUE
    begun = house.tell_nursery(f"undoing {many}")
    workers = [house.start_worker() for _ in range(2)]
    interrupted = 0
    until = time.monotonic() + 3 * PATIENCE
    while house.ask("select id from bulk where id = %s and ended_at is null", begun["bulk"]):
        assert time.monotonic() < until, (house.home / "workers").read_text()[-2_000:]
        time.sleep(random.uniform(0.02, 0.2))
        if interrupted < KILLS:
            house.kill_worker(workers.pop(0))
            workers.append(house.start_worker())
            interrupted += 1
    assert house.ask("select total, done, halted from bulk where id = %s", begun["bulk"]) == [(many, many, "")]
    told = house.ask(
        """select status, count(distinct closure.id), count(distinct event.id)
           from conversation
           join closure on closure.conversation_id = conversation.id and closure.undone_at is not null
           join event on event.conversation_id = conversation.id and event.kind = 'conversation_reopened'
           where conversation.account_id = %s group by conversation.id""",
        begun["account"],
    )
    assert told == [("open", 1, 1)] * many
    for pid in list(house.workers):
        house.kill_worker(pid)


@contextmanager
def a_web_process(house: House, port: int) -> Iterator[Server]:
    parent = os.getpid()
    process = subprocess.Popen(
        [sys.executable, "-m", "bandeja", "web"],
        env={**house.told, "BANDEJA_PORT": str(port)}, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: die_with(parent, signal.SIGKILL),
    )  # fmt: skip
    try:
        server = Server(port, process)
        server.await_answer()
        yield server
    finally:
        process.kill()
        process.wait()


class Senders:
    """Programs that send deliveries and try each again until it is answered 200, as channels do."""

    def __init__(self, shop: Shop, port: int) -> None:
        self.port, self.tries, self.failed = port, 0, 0
        self._path = f"/hooks/api/{shop.seeded['key']}"
        self._headers = {"Authorization": f"Bearer {shop.seeded['token']}", "Content-Type": "application/json"}
        bodies = [shop.delivery(number) for number in range(DELIVERIES)]
        self._threads = [Thread(target=self._send, args=(bodies[n::SENDERS],), daemon=True) for n in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def are_at_it(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(3 * PATIENCE)
        assert not self.are_at_it(), "not everything was taken in"

    def _send(self, bodies: list[bytes]) -> None:
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        for body in bodies:
            while not self._try(line, body):
                self.failed += 1
                line.close()
                time.sleep(0.05)
        line.close()

    def _try(self, line: HTTPConnection, body: bytes) -> bool:
        self.tries += 1
        try:
            line.request("POST", self._path, body, self._headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        return answer.status == 200


def test_the_web_process_killed_while_storing(shop: Shop) -> None:
    """What was answered 200 is joined once, and so is what was sent again because nobody answered."""
    house, port, interrupted = shop.house, free_port(), 0
    house.start_worker()
    senders = Senders(shop, port)
    for kill in range(4 if LONG else 2):
        with a_web_process(house, port):
            if not kill:
                senders.start()
            time.sleep(random.uniform(0.05, 0.4))
            interrupted += senders.are_at_it()
    with a_web_process(house, port):
        senders.wait()
    assert interrupted
    assert senders.failed
    shop.await_rest()
    shop.check()


def test_postgresql_killed_while_all_of_it_runs(shop: Shop) -> None:
    """The web process and the workers outlive it, and go on by themselves."""
    house, port, interrupted = shop.house, free_port(), 0
    with a_web_process(house, port) as web:
        senders = Senders(shop, port)
        workers = [house.start_worker() for _ in range(2)]
        senders.start()
        for how in ["backend", "main", "all"] * (3 if LONG else 1):
            time.sleep(random.uniform(0.02, 0.2))
            interrupted += senders.are_at_it()
            house.kill_postgres(how)
        senders.wait()
        shop.await_rest()
        assert web.process.poll() is None
        assert all(Path(f"/proc/{pid}").exists() for pid in workers)
    assert interrupted
    shop.check()


def test_workers_killed_while_including_what_is_open(house: House) -> None:
    """It goes on where it was: each has one clock, from the instant its own batch was done."""
    many = 3 * DUE
    begun = house.tell_nursery(f"include {many}")
    house.ask(DAWDLE_OVER)
    workers = [house.start_worker() for _ in range(2)]
    interrupted = 0
    until = time.monotonic() + 3 * PATIENCE
    while house.ask("select id from inclusion where id = %s and ended_at is null", begun["inclusion"]):
        assert time.monotonic() < until, (house.home / "workers").read_text()[-2_000:]
        time.sleep(random.uniform(0.02, 0.2))
        if interrupted < KILLS:
            house.kill_worker(workers.pop(0))
            workers.append(house.start_worker())
            interrupted += 1
    assert interrupted >= 2
    told = "select total, included, halted from inclusion where id = %s"
    assert house.ask(told, begun["inclusion"]) == [(many, many, "")]
    armed = """select count(*) from conversation
               join inclusion_batch on at = armed_at and conversation.id = any(ids)
               where account_id = %s and look_at = armed_at + interval '1 day' and included_at = at"""
    assert house.ask(armed, begun["account"]) == [(many,)]
    for pid in list(house.workers):
        house.kill_worker(pid)
