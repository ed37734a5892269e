"""PostgreSQL's main process: what its pid file tells, what it may inherit, and how it is ended."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path


def environment() -> dict[str, str]:
    """PG* variables of the operator's shell are about another server; this one needs none of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def is_ready(data: Path, pid: int) -> bool:
    """Whether the server with this number accepts connections: the eighth line of postmaster.pid says so."""
    lines = _pid_lines(data)
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def runs_in(data: Path) -> bool:
    """Whether a server of this cluster is running: a number left by a crash may be someone else's now."""
    lines = _pid_lines(data)
    if not lines or not lines[0].isdigit():
        return False
    try:
        return Path(f"/proc/{lines[0]}/cwd").readlink() == data.resolve()
    except OSError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Fast, then immediate, then by force: each only when the one before was not heard."""
    for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def _pid_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
