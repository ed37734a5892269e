"""One embedded PostgreSQL, from nothing to stopped; one that died is started again by `start`."""

import fcntl
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bandeja.embedded import binaries, identity, postmaster
from bandeja.embedded.errors import DiskFullError, InUseError, OtherVersionError, refusal
from bandeja.embedded.place import DATABASE, Place

NEEDED = 128 * 2**20  # bytes free on the disk before we begin: a new cluster and some WAL
PATIENCE = 300  # seconds for a start; recovery after a crash reads up to max_wal_size of WAL
LOG_LIMIT = 10 * 2**20

# A modest machine shared with the web process: small memory, no helpers for reads, vacuum early and often.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "io_method": "sync",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",  # closing was five times slower with it
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
BUFFERS = (128 * 2**20, 1024 * 2**20)
"""The least and the most bytes of pages PostgreSQL keeps: with too few, joining messages took half as long again."""
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container; the word "max" when there is none
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


def shared_buffers() -> int:
    """An eighth of this machine's memory in bytes, or of what its container may use, within `BUFFERS`."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):
        memory = min(memory, int(MEMORY_LIMIT.read_text(encoding="ascii")))
    least, most = BUFFERS
    return max(least, min(memory // 8, most))


class Cluster:
    """Runs the PostgreSQL of one place; `durable=False` trades safety for speed and is for tests only."""

    def __init__(self, place: Place, *, durable: bool = True) -> None:
        self.place = place
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it, making the cluster first when there is none; returns when it answers.

        Raises an EmbeddedError that says why it will not: in use, another major version, disk full.
        """
        self._make_folders()
        self._take_lock()
        try:
            self._refuse_a_full_disk()
            self._await_the_last_one()
            self._make_once()
            self._refuse_another_version()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def alive(self) -> bool:
        """Whether the server we started still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """A fast shutdown: transactions under way roll back, nothing committed is lost."""
        if self._process is not None:
            postmaster.end(self._process)
            self._process = None
        if self._lock is not None:
            self._tidy()
            self._lock.close()
            self._lock = None

    def _tidy(self) -> None:
        """A socket folder among everybody's temporary files is not left there."""
        if not self.place.socket.is_relative_to(self.place.root):
            with suppress(OSError):
                self.place.socket.rmdir()

    def _make_folders(self) -> None:
        for folder in (self.place.root, self.place.socket):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.place.socket.parent != self.place.root:
            identity.require_ours(self.place.socket)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = self.place.lock.open("a", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise InUseError(self.place.root) from error
        self._lock = lock

    def _refuse_a_full_disk(self) -> None:
        free = shutil.disk_usage(self.place.root).free
        if free < NEEDED:
            raise DiskFullError(self.place.root, free)

    def _await_the_last_one(self) -> None:
        """A server whose parent was killed is shutting down by itself; starting beside it would fail."""
        until = time.monotonic() + 30
        while postmaster.runs_in(self.place.data):
            if time.monotonic() > until:
                raise InUseError(self.place.root)
            time.sleep(0.05)

    def _make_once(self) -> None:
        """Made under another name, then renamed: a crash in between leaves no half cluster."""
        if self.place.data.exists():
            return
        draft = self.place.root / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            "initdb", "--pgdata", str(draft), "--username", DATABASE, "--encoding", "UTF8", "--locale", "C",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums",
            "--auth-local", "trust", "--auth-host", "reject", "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        )  # fmt: skip
        self._run("postgres", "--single", "-D", str(draft), "postgres", said=f"CREATE DATABASE {DATABASE}\n")
        draft.rename(self.place.data)

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        done = subprocess.run(
            [binaries.folder() / program, *arguments],
            input=said, capture_output=True, text=True, check=False, cwd="/",
            env=postmaster.environment(), preexec_fn=identity.prepare(self.place),
        )  # fmt: skip
        if done.returncode != 0:
            raise refusal(self.place.root, done.stderr or done.stdout)

    def _refuse_another_version(self) -> None:
        found = (self.place.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != binaries.major_version():
            raise OtherVersionError(self.place.root, found, binaries.major_version())

    def _launch(self) -> None:
        """The log of the last run is kept once, so that it never grows without end."""
        if self.place.log.exists() and self.place.log.stat().st_size > LOG_LIMIT:
            self.place.log.replace(self.place.log.with_suffix(".log.1"))
        with self.place.log.open("ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(
                [binaries.folder() / "postgres", "-D", self.place.data, *self._options()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=postmaster.environment(), preexec_fn=identity.prepare(self.place),
            )  # fmt: skip
        self._await_ready(self._process, begin)

    def _options(self) -> list[str]:
        settings = (
            SETTINGS | {"shared_buffers": f"{shared_buffers() // 2**10}kB"} | ({} if self.durable else FOR_TESTS)
        )
        settings["unix_socket_directories"] = str(self.place.socket)
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _await_ready(self, process: subprocess.Popen[bytes], begin: int) -> None:
        until = time.monotonic() + PATIENCE
        while not postmaster.is_ready(self.place.data, process.pid):
            if process.poll() is not None or time.monotonic() > until:
                said = self.place.log.read_bytes()[begin:].decode(errors="replace")
                raise refusal(self.place.root, said)
            time.sleep(0.005)
