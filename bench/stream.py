"""The doorbell with thousands of streams open on one process: what each costs in memory, and how soon it hears.

Events are rung at a steady pace, each in a transaction of its own, by the statement that rings every bell; the time
is from just before that commit to the byte at a client. `value` is its 99th percentile. The floor `bare` is a server
that does nothing but hold as many streams, told by a pipe: the same machine, the same clients, the same run.
"""

import json
import re
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Self

from bench.beside import BrokenError, running, web
from bench.harness import Asked, Install, install, tell
from bench.result import Percentiles, Result

CLIENTS = 5_000
SECONDS = 20.0
PER_SECOND = 100
ROOMS = 100
"""Workspaces the clients are spread over: an event concerns one of them."""
PORT, BARE_PORT = 8_919, 8_920


def measure(asked: Asked) -> Result:
    clients, seconds = asked.rows or CLIENTS, asked.seconds or SECONDS
    with install(asked) as here, web(PORT) as process:
        tell(f"{clients:,} streams of the web process")
        tokens, rooms = _people(clients)
        ours = _run(process.pid, PORT, tokens, Rung(here, rooms), seconds)
    with running([sys.executable, "-m", "bench.streams", "serve", str(BARE_PORT)], address=_health()) as process:
        tell(f"{clients:,} streams of a bare server")
        names = [str(number % ROOMS) for number in range(clients)]
        bare = _run(process.pid, BARE_PORT, names, Piped(), seconds)
    config = {
        "clients": clients, "seconds": seconds, "events_per_second": PER_SECOND, "rooms": ROOMS,
        "told": len(ours.times), "memory_per_client": ours.memory, "bare_memory_per_client": bare.memory,
        "bare_p50": Percentiles.of(bare.times).p50,
    }  # fmt: skip
    times = Percentiles.of(ours.times)
    return Result("stream", "s", times.p99, {"bare": Percentiles.of(bare.times).p99}, times, config)


def _health() -> str:
    return f"http://127.0.0.1:{BARE_PORT}/healthz"


def _people(clients: int) -> tuple[list[str], list[int]]:
    """A token for each of so many agents, and the workspaces they are spread over."""
    from bandeja.people.links import make_workspace
    from bandeja.people.models import Agent, Role
    from bandeja.realtime import tokens

    rooms = [make_workspace(f"{number}") for number in range(ROOMS)]
    roles = {role.workspace_id: role for role in Role.objects.filter(key=Role.SELLER)}
    places = [rooms[number % ROOMS] for number in range(clients)]
    agents = Agent.objects.bulk_create(
        Agent(workspace=room, role=roles[room.pk], email=f"{number}@bench.example")
        for number, room in enumerate(places)
    )
    return [tokens.mint(agent.workspace_id, agent.pk) for agent in agents], [room.pk for room in rooms]


@dataclass(frozen=True)
class Run:
    """Seconds from event to byte, of all clients, and the bytes of memory that each costs the server."""

    times: list[float]
    memory: float


def _run(pid: int, port: int, tokens: list[str], ring: "Ring", seconds: float) -> Run:
    before = _resident(pid)
    with _clients(port, tokens) as clients, ring:
        time.sleep(2)
        memory = (_resident(pid) - before) / len(tokens)
        begun = time.monotonic()
        for number in range(round(PER_SECOND * seconds)):
            time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
            ring.tell(number % ROOMS)
        time.sleep(1)
        said, _ = clients.communicate(b"\n")
    return Run(json.loads(said), memory)


@contextmanager
def _clients(port: int, tokens: list[str]) -> Iterator[Popen[bytes]]:
    """The clients, in a process of their own, once all of them are connected."""
    clients = Popen([sys.executable, "-m", "bench.streams", "hear", str(port)], stdin=PIPE, stdout=PIPE)
    assert clients.stdin
    assert clients.stdout
    try:
        clients.stdin.write(json.dumps(tokens).encode() + b"\n")
        clients.stdin.flush()
        if clients.stdout.readline() != b"ready\n":
            raise BrokenError("the clients could not open their streams")
        yield clients
    finally:
        clients.kill()
        clients.wait()


class Ring:
    """Tells of an event in a room; what it says is when, in nanoseconds of the machine's clock."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to hang up."""

    def tell(self, room: int) -> None:
        raise NotImplementedError


class Rung(Ring):
    """As the product rings: NOTIFY, told at commit."""

    def __init__(self, here: Install, rooms: Sequence[int]) -> None:
        self._connection, self._rooms = here.connect(), rooms

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tell(self, room: int) -> None:
        # The id of the conversation carries the instant: the stream passes it on as it is.
        said = json.dumps({"w": [self._rooms[room]], "c": [time.monotonic_ns()]})
        self._connection.execute("select pg_notify('bandeja', %s)", [said])


class Piped(Ring):
    """Straight to the bare server."""

    def __enter__(self) -> Self:
        self._line = socket.create_connection(("127.0.0.1", BARE_PORT))
        self._line.sendall(b"POST /tell HTTP/1.1\r\n\r\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def tell(self, room: int) -> None:
        self._line.sendall(f"{room} {time.monotonic_ns()}\n".encode())


def _resident(pid: int) -> int:
    """Bytes that a process holds for itself."""
    found = re.search(r"^RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
