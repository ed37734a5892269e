"""A throwaway server of another PostgreSQL, such as Debian's 15, which DATABASE_URL may name."""

import os
import subprocess
import time
from pathlib import Path

from bandeja.embedded import identity, postmaster
from bandeja.embedded.place import DATABASE, Place

INITDB = ["--username", DATABASE, "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "trust", "--no-sync"]
HASTE = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class Older:
    """Runs the programs in `folder` on a new cluster, with the same verbs as the embedded one."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder, self.place = folder, place
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Makes the cluster and returns when it answers."""
        self.place.socket.mkdir(mode=0o700, parents=True)
        self._run("initdb", "--pgdata", str(self.place.data), *INITDB)
        with self.place.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.folder / "postgres", "-D", self.place.data, "-k", self.place.socket, *HASTE],
                stderr=log,
                cwd="/",
                env=postmaster.environment(),
                preexec_fn=identity.prepare(self.place),
            )
        while not postmaster.is_ready(self.place.data, self._process.pid):
            assert self._process.poll() is None, self.place.log.read_text()
            time.sleep(0.02)
        self._run("createdb", "--host", str(self.place.socket), "--username", DATABASE, DATABASE)

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            postmaster.end(self._process)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.folder / program, *arguments],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd="/",
            env=postmaster.environment() | {"HOME": os.environ["BANDEJA_HOME"]},
            preexec_fn=identity.prepare(self.place),
        )
