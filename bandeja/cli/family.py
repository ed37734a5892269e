"""The processes of `bandeja up`: PostgreSQL, web, worker and the demo's Graph; who dies is started again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

from bandeja.embedded.bond import die_with
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.errors import EmbeddedError

LOOK = 0.5  # seconds between looks at who still lives
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 60.0  # seconds of life after which an earlier death is forgotten
GRACE = 8.0  # seconds to stop by itself; the web process takes up to 5


class CannotStartError(Exception):
    """Something that everything needs would not start; the message is for the operator."""


class Back:
    """When to try again: each failure in a row doubles the pause."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._at = 0.0

    def is_over(self) -> bool:
        """Whether it is time to try."""
        return time.monotonic() >= self._at

    def off(self, lived: float = 0.0) -> float:
        """Puts the next try further away, unless what died had lived long; answers the pause in seconds."""
        pause = FIRST_PAUSE if lived > STEADY else self._pause
        self._pause = min(pause * 2, LONGEST_PAUSE)
        self._at = time.monotonic() + pause
        return pause


class Child:
    """One subcommand of ours in its own process; it is started once it is `needed`.

    Without one that `is_vital` nothing is worth starting.
    """

    def __init__(
        self, name: str, *arguments: str, needed: Callable[[], bool] = lambda: True, is_vital: bool = True
    ) -> None:
        self.name, self._arguments, self._needed, self.is_vital = name, arguments, needed, is_vital
        self.process: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._back = Back()

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts it if it is needed; it gets SIGTERM should we die first."""
        if not self._needed():
            return
        self._born = time.monotonic()
        self.process = subprocess.Popen(
            command(self.name, *self._arguments), env=environment, stdin=subprocess.DEVNULL, preexec_fn=_bonded()
        )

    def has_ended(self) -> bool:
        """Whether it was started and lives no more."""
        return self.process is not None and self.process.poll() is not None

    def look(self, environment: Mapping[str, str]) -> None:
        """Starts it again if it died and its pause is over."""
        if self.process is not None and self.has_ended():
            pause = self._back.off(time.monotonic() - self._born)
            _say(f"{self.name} ended with status {self.process.returncode}; again in {pause:g} s")
            self.process = None
        if self.process is None and self._back.is_over():
            self.start(environment)

    def stop(self, deadline: float) -> None:
        """Waits until it has ended, by force once `deadline` (monotonic seconds) has passed."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Family:
    """All of them; `cluster` is None when DATABASE_URL names another server."""

    def __init__(self, cluster: Cluster | None, said: Mapping[str, str]) -> None:
        self._cluster = cluster
        self._environment = {**os.environ, **said}
        self._back = Back()
        self.children: tuple[Child, ...] = ()

    def start_database(self) -> None:
        """Starts ours; raises an EmbeddedError that says why it cannot."""
        if self._cluster is not None:
            self._cluster.start()

    def run_once(self, arguments: list[str]) -> str:
        """Runs a subcommand to its end and answers what it printed; raises CannotStartError if it failed."""
        done = subprocess.run(
            arguments, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, check=False, preexec_fn=_bonded(),
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotStartError(f"`bandeja {' '.join(arguments[3:])}` failed; its own words are above.")
        return done.stdout.strip()

    def start(self, *children: Child) -> None:
        """Starts them side by side."""
        self.children = children
        for child in children:
            child.start(self._environment)

    def keep(self, stop: threading.Event) -> None:
        """Until `stop`: whoever dies is started again."""
        while not stop.wait(LOOK):
            self._look_at_database()
            for child in self.children:
                child.look(self._environment)

    def _look_at_database(self) -> None:
        if self._cluster is None or self._cluster.alive() or not self._back.is_over():
            return
        _say("the database ended; starting it again")
        try:
            self._cluster.start()
        except EmbeddedError as error:
            _say(f"{error} Again in {self._back.off():g} s")

    def stop(self) -> None:
        """Ends the children, then the database they use."""
        for child in self.children:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in self.children:
            child.stop(deadline)
        if self._cluster is not None:
            self._cluster.stop()


def command(*arguments: str) -> list[str]:
    """How to run a subcommand of this very install."""
    return [sys.executable, "-m", "bandeja", *arguments]


def _bonded() -> Callable[[], None]:
    parent = os.getpid()

    def before_exec() -> None:
        os.setsid()  # ^C in the terminal reaches us alone; we decide the order of stopping
        die_with(parent, signal.SIGTERM)

    return before_exec


def _say(sentence: str) -> None:
    print(f"bandeja: {sentence}", file=sys.stderr, flush=True)
