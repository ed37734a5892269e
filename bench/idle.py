"""What an idle install costs, with a million conversations armed and nothing due: the loops' part of a core.

`value` counts the worker and every process of PostgreSQL, whatever they do. `queries_per_minute` is what the database
did for them: transactions, seconds it spent in statements, and pages it looked at (8 KB; `read` are those that were
not in its cache). Memory is what the processes hold alone plus their share of what they hold together (PSS), of
everything: web, worker, supervisor, PostgreSQL.
"""

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import armed
from bench.beside import running
from bench.harness import Asked, Install, install, tell
from bench.result import Percentiles, Result

ROWS = 1_000_000
SECONDS = 60.0
SETTLE = 12.0
"""Seconds until what starts has started."""
PORT = 8_917
TICKS = os.sysconf("SC_CLK_TCK")


def measure(asked: Asked) -> Result:
    rows, seconds = asked.rows or ROWS, asked.seconds or SECONDS
    with install(asked, armed.data(rows)) as here:
        address = f"http://127.0.0.1:{PORT}/healthz"
        with running([sys.executable, "-m", "bandeja", "up"], address=address, BANDEJA_PORT=str(PORT)) as up:
            tell(f"idle for {SETTLE + seconds:.0f} s")
            time.sleep(SETTLE)
            family = Family.of(up.pid, here)
            before, asked_before = family.seconds(), _queries(here)
            time.sleep(seconds)
            after, asked_after = family.seconds(), _queries(here)
            memory = family.memory()
    used = {name: (after[name] - before[name]) / seconds for name in before}
    loops = used["worker"] + used["postgres"]
    config = {
        "rows": rows,
        "seconds": seconds,
        "cores": used,
        "queries_per_minute": {
            name: (asked_after[name] - asked_before[name]) * 60 / seconds for name in asked_before
        },
        "memory_mb": {**memory, "all": sum(memory.values())},
    }
    return Result("idle", "cores", loops, {}, Percentiles(loops, loops, loops), config)


def _queries(here: Install) -> dict[str, float]:
    """What the database has done for everybody so far; it tells a second late, which both looks are."""
    with here.connect() as connection:
        row: Any = connection.execute(
            """select xact_commit + xact_rollback, active_time / 1000, blks_hit + blks_read, blks_read
               from pg_stat_database where datname = current_database()"""
        ).fetchone()
    return dict(zip(("transactions", "seconds", "pages", "read"), map(float, row), strict=True))


@dataclass(frozen=True)
class Family:
    """The processes of an install, by what they are."""

    members: dict[str, list[int]]

    @classmethod
    def of(cls, supervisor: int, here: Install) -> "Family":
        children = {name: pid for pid in _children(supervisor) if (name := _role(pid))}
        with here.connect() as connection:
            row = connection.execute("select pg_backend_pid()").fetchone()
            postmaster = _parent(row[0]) if row else 0
        return cls(
            {
                "supervisor": [supervisor],
                "web": [children["web"]],
                "worker": [children["worker"]],
                "postgres": [postmaster, *_children(postmaster)],
            }
        )

    def seconds(self) -> dict[str, float]:
        """CPU seconds each has used."""
        return {name: sum(map(_cpu, pids)) for name, pids in self.members.items()}

    def memory(self) -> dict[str, float]:
        """Megabytes each holds, shared pages by their share."""
        return {name: sum(map(_pss, pids)) for name, pids in self.members.items()}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _role(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return next((word for word in words if word in {"web", "worker"}), "")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _pss(pid: int) -> float:
    try:
        said = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except FileNotFoundError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", said, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
