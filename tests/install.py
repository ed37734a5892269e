"""One whole install, `bandeja up` as an operator runs it, seen from outside."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


class Install:
    """One running `bandeja up`, seen from outside."""

    def __init__(self, home: Path, **said: str) -> None:
        self.home, self.port = home, free_port()
        operator = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        settings = {"BANDEJA_HOME": str(home), "BANDEJA_PORT": str(self.port), **said}
        with (home / "stderr").open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bandeja", "up"],
                env=operator | settings,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def greeting(self) -> str:
        """What it prints once it is ready."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl+C" in line:
                break
        return said

    def errors(self) -> str:
        """What it and its children told on standard error."""
        return (self.home / "stderr").read_text()

    def get(self, path: str) -> int:
        """The status of a page, 0 when nobody answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as line, suppress(OSError):
            line.request("GET", path)
            response = line.getresponse()
            response.read()
            return response.status
        return 0

    def pid(self, part: str) -> int:
        """The number of the web process, the worker or the database; 0 while there is none."""
        if part == "postgres":
            lines = (self.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
            return int(lines[0])
        for number in descendants(self.process.pid):
            with suppress(OSError):  # it may have ended since it was listed
                if Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[3:4] == [part.encode()]:
                    return number
        return 0


def descendants(pid: int) -> list[int]:
    """Its children, their children, and so on."""
    found = []
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


@contextmanager
def install(home: Path, **said: str) -> Iterator[Install]:
    """A running install; whatever the test did, nothing of it is left."""
    home.mkdir(exist_ok=True)
    up = Install(home, **said)
    try:
        yield up
    finally:
        everyone = descendants(up.process.pid)
        up.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            up.process.wait(20)
        for number in everyone:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        assert up.process.stdout is not None
        up.process.stdout.close()


def eventually(question: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether the answer became yes in time."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def gone(numbers: list[int]) -> bool:
    """Whether none of these processes is left."""
    return not any(Path(f"/proc/{number}").exists() for number in numbers)
