"""Other processes of a benchmark: pgbench, and Bandeja's own commands. None outlives us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from urllib.error import URLError
from urllib.request import urlopen

from bandeja.embedded import binaries
from bandeja.embedded.bond import die_with

PATIENCE = 30.0
"""Seconds for a process to answer, or to stop."""


class BrokenError(Exception):
    """A process that a benchmark needs failed; the message holds its own words."""


def pgbench(address: str, script: str, *, clients: int, seconds: float) -> float:
    """Transactions a second of a script, as prepared statements, at so many connections."""
    with NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = f"-n -M prepared -c {clients} -j {min(2, clients)} -T {max(1, round(seconds))} -f {file.name}"
        said = _run([str(binaries.folder() / "pgbench"), *options.split(), address])
    return float(said.split("tps = ")[1].split()[0])


def run_bandeja(*arguments: str) -> str:
    """Run one of our commands to its end; answers what it printed."""
    return _run([sys.executable, "-m", "bandeja", *arguments])


@contextmanager
def running(command: list[str], *, address: str = "", **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process beside us, once it answers at `address` (if it has one), stopped at the end."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=_bonded()
    )
    try:
        if address:
            _await_answer(process, address)
        yield process
    finally:
        _end(process)


@contextmanager
def web(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The web process on this port, as `bandeja up` runs it."""
    command = [sys.executable, "-m", "bandeja", "web"]
    address = f"http://127.0.0.1:{port}/healthz"
    with running(command, address=address, BANDEJA_PORT=str(port)) as process:
        yield process


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """The worker, as `bandeja up` runs it."""
    with running([sys.executable, "-m", "bandeja", "worker"]) as process:
        yield process


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=_bonded())
    if done.returncode != 0:
        raise BrokenError(f"{' '.join(command[:4])}: {done.stderr or done.stdout}")
    return done.stdout


def _bonded() -> Callable[[], None]:
    parent = os.getpid()
    return lambda: die_with(parent, signal.SIGTERM)


def _await_answer(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise BrokenError(f"nobody answers at {address}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
