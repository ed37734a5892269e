"""A whole web process on the tests' database, for what only real HTTP and real signals show."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django.db import connection

PATIENCE = 20.0


class Server:
    """`bandeja web` on a port of its own."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def stop(self) -> float:
        """Asks it to stop; answers the seconds it took."""
        begin = time.monotonic()
        self.process.terminate()
        self.process.wait(PATIENCE)
        return time.monotonic() - begin

    def await_answer(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            with closing(self.connect()) as line, suppress(ConnectionError):
                line.request("GET", "/healthz")
                assert line.getresponse().status == 200
                return
            time.sleep(0.05)
        raise AssertionError("the web process does not answer")


@contextmanager
def a_server(**said: str) -> Iterator[Server]:
    """A web process that answers; `said` are settings of its own."""
    port = free_port()
    told = {"DATABASE_URL": address(), "BANDEJA_PORT": str(port), **said}
    process = subprocess.Popen([sys.executable, "-m", "bandeja", "web"], env={**os.environ, **told})
    server = Server(port, process)
    try:
        server.await_answer()
        yield server
    finally:
        process.kill()
        process.wait()


def address() -> str:
    """The address of the database that the tests made, rather than of the one they began with."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
