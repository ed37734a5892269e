"""Durable stores a second through the door: real HTTP, the visitor's signature checked, 200 after the commit.

Floor `commit`: PostgreSQL's own pace at committing the same receipt one by one, at as many connections. `config` also
has the stores a second of deliveries that Meta signed, of a kilobyte (`meta`) and of a hundred messages (`meta_100`).
"""

import json
import marshal
import socket
import subprocess
import sys
from functools import partial
from typing import Any
from uuid import uuid4

from bench import signed
from bench.beside import BrokenError, web
from bench.harness import Asked, Install, alternate, install, tell
from bench.result import Percentiles, Result

CONNECTIONS = 64
FEWER = 16
SECONDS = 5.0
ROUNDS = 3
VISITORS = 20_000
"""So many that none of them writes faster than a visitor may."""
TEXT = "Hola, quisiera saber si todavía tienen la talla 38 en azul. " * 13
"""The delivery is about a kilobyte, like a channel's."""


def measure(asked: Asked) -> Result:
    seconds = asked.seconds or SECONDS
    with install(asked) as here:
        port, kinds = _free_port(), signed.requests()
        with web(port):
            door = Door(here, port, _requests(asked.rows or VISITORS))
            fewer = door.measure(FEWER, seconds)
            rates = door.measure(CONNECTIONS, seconds)
            times = Percentiles.middle(door.times[CONNECTIONS])
            at_fewer = Percentiles.middle(door.times[FEWER])
            meta = {name: Door(here, port, requests).alone(CONNECTIONS, seconds) for name, requests in kinds.items()}
    config = {
        "connections": CONNECTIONS,
        "seconds": seconds,
        "rounds": ROUNDS,
        "bytes": len(_body()),
        **meta,
        f"at_{FEWER}": {**fewer, "ratio": fewer["door"] / fewer["commit"], "p50": at_fewer.p50, "p99": at_fewer.p99},
    }
    return Result("door", "stores/s", rates["door"], {"commit": rates["commit"]}, times, config)


class Door:
    """The door under load, and PostgreSQL beside it."""

    def __init__(self, here: Install, port: int, requests: list[bytes]) -> None:
        self._here, self._port, self._requests = here, port, marshal.dumps(requests)
        self.times: dict[int, list[Percentiles]] = {}

    def measure(self, connections: int, seconds: float) -> dict[str, float]:
        """Medians of the stores and of the floor at so many connections."""
        tell(f"at {connections} connections")
        runs = {
            "door": partial(self._stores, connections, seconds),
            "commit": partial(self._commits, connections, seconds),
        }
        return alternate(runs, rounds=ROUNDS)

    def alone(self, connections: int, seconds: float) -> dict[str, float]:
        """Stores a second, and their times, without a floor beside them."""
        tell(f"{len(marshal.loads(self._requests)[0])} bytes each, at {connections} connections")
        rate = self._stores(connections, seconds)
        times = Percentiles.middle(self.times[connections])
        return {"value": rate, "p50": times.p50, "p99": times.p99}

    def _stores(self, connections: int, seconds: float) -> float:
        self._empty()
        said = self._load(connections, seconds)
        if said["refused"]:
            raise BrokenError(f"{said['refused']} deliveries were refused")
        if self._stored() < len(said["times"]):
            raise BrokenError("more was answered than stored")
        self.times.setdefault(connections, []).append(Percentiles.of(said["times"]))
        return float(said["rate"])

    def _commits(self, connections: int, seconds: float) -> float:
        self._empty()
        headers = json.dumps({"sender": "0" * 32})
        script = f"""
            insert into receipt (account_id, channel, body, headers)
            values (1, 'webchat', '\\x{_body().hex()}'::bytea, '{headers}');
        """
        return self._here.pgbench(" ".join(script.split()), clients=connections, seconds=seconds)

    def _load(self, connections: int, seconds: float) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench.load", str(self._port), str(connections), str(seconds)]
        done = subprocess.run(command, input=self._requests, stdout=subprocess.PIPE, check=True)
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def _empty(self) -> None:
        with self._here.connect() as connection:
            connection.execute("truncate receipt")
            connection.execute("checkpoint")

    def _stored(self) -> int:
        with self._here.connect() as connection:
            (count,) = connection.execute("select count(*) from receipt").fetchone() or (0,)
        return int(count)


def _requests(visitors: int) -> list[bytes]:
    """One whole request of each of so many visitors."""
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey
    from bandeja.channels.webchat import visitor
    from bandeja.people import links

    account = accounts.connect(links.make_workspace("Bench"), ChannelKey.WEBCHAT, name="Web")
    tokens = (visitor.make(account.external_id)[1] for _ in range(visitors))
    return [_request(account.external_id, token, _body()) for token in tokens]


def _request(external_id: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST /hooks/webchat/{external_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body() -> bytes:
    said = {"id": str(uuid4()), "text": TEXT, "page": "https://tienda.example/zapatos/talla-38"}
    return json.dumps(said, ensure_ascii=False).encode()


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
