"""What can be wrong with an install, and how to mend it: one question a function, for `bandeja doctor`."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bandeja import environment

OLDEST, NEWEST = 15, 18  # PostgreSQL
ROOM = 1024**3  # bytes below which a disk is too full for comfort


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question; `mend` is what to do when it is not fine."""

    subject: str
    said: str
    mend: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend


Check = Callable[[], Finding]


def python() -> Finding:
    """Is this Python new enough?"""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < (3, 11):  # noqa: UP036  pip may have been told to look away
        return Finding("Python", version, "Install Python 3.11 or newer and run bin/run again.")
    return Finding("Python", version)


def settings() -> Finding:
    """Does every setting make sense, and is every BANDEJA_ name one of ours?"""
    try:
        for setting in environment.SETTINGS:
            setting.value()
    except environment.BadSettingError as error:
        return Finding("Settings", str(error), "Correct it; docs/settings.md describes every setting.")
    unknown = environment.unknown()
    if unknown:
        return Finding(
            "Settings",
            f"{', '.join(unknown)} sets nothing.",
            "Look for a typing slip; docs/settings.md names every setting.",
        )
    return Finding("Settings", "all make sense")


def home() -> Finding:
    """Can we write where the data is kept?"""
    folder = environment.HOME.value()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding(
            "Data folder",
            f"{folder}: {error.strerror}",
            f"Let {_me()} write there, or set BANDEJA_HOME to a folder it may write.",
        )
    return Finding("Data folder", str(folder))


def disk() -> Finding:
    """Is there room?"""
    folder = _existing(environment.HOME.value())
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**30:.1f} GB free where {folder} is"
    if free < ROOM:
        return Finding("Disk", said, "Free some room: PostgreSQL stops when the disk is full.")
    return Finding("Disk", said)


def address() -> Finding:
    """Will people and their browsers reach it, and safely?"""
    url, host = environment.public_url(), environment.HOST.value()
    local = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if host not in {"localhost", "127.0.0.1", "::1"} and local:
        return Finding(
            "Address",
            f"listens on {host}, but people would be sent to {url.geturl()}",
            "Set BANDEJA_URL to the address people type.",
        )
    if url.scheme == "http" and not local:
        return Finding(
            "Address",
            f"{url.geturl()} is not encrypted",
            "Put a proxy with TLS before it and set BANDEJA_URL to its https address.",
        )
    return Finding("Address", url.geturl())


def proxies() -> Finding:
    """Behind TLS, is the proxy believed when it says who asks?"""
    if environment.public_url().scheme == "https" and not environment.TRUSTED_PROXIES.value():
        return Finding(
            "Proxy",
            "people come over https, yet no proxy is trusted to say who they are",
            "Set BANDEJA_TRUSTED_PROXIES to the proxy's address, such as 127.0.0.1.",
        )
    return Finding("Proxy", ", ".join(environment.TRUSTED_PROXIES.value()) or "none")


def debug() -> Finding:
    """Are error details hidden from strangers?"""
    if environment.DEBUG.value():
        return Finding("Debug", "on: errors show this system's insides", "Unset BANDEJA_DEBUG.")
    return Finding("Debug", "off")


def database() -> Finding:
    """Does PostgreSQL answer, in a version we know? Asked with Django set up."""
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Finding(
            "Database",
            str(error).strip().splitlines()[0],
            "Start that PostgreSQL or correct DATABASE_URL; without DATABASE_URL, `bandeja up` runs its own.",
        )
    major = connection.pg_version // 10_000  # type: ignore[attr-defined]  # psycopg's, not any database's
    if not OLDEST <= major <= NEWEST:
        return Finding("Database", f"PostgreSQL {major}", f"Use PostgreSQL {OLDEST} to {NEWEST}.")
    return Finding("Database", f"PostgreSQL {major} answers")


def migrations() -> Finding:
    """Is the database of this very version?"""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        return Finding(
            "Migrations", f"{len(pending)} to apply", "Run `bandeja migrate`; `bandeja up` does it by itself."
        )
    return Finding("Migrations", "all applied")


def search() -> Finding:
    """Are contacts found by their index?"""
    from django.db import connection

    from bandeja.conversations import plain

    if plain.is_indexed(connection):
        return Finding("Search", "contacts are found by their index")
    return Finding(
        "Search",
        f"contacts are looked for one by one: the index {plain.INDEX} is missing",
        f"{plain.MEND} Then run `bandeja migrate`.",
    )


BEFORE_DJANGO: tuple[Check, ...] = (python, settings)
WITHOUT_DATABASE: tuple[Check, ...] = (home, disk, address, proxies, debug)
WITH_DATABASE: tuple[Check, ...] = (database, migrations, search)


def until_wrong(checks: tuple[Check, ...]) -> Iterator[Finding]:
    """Asks in order and stops after the first answer to mend: what follows rests on it."""
    for check in checks:
        finding = check()
        yield finding
        if not finding.is_fine:
            return


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _me() -> str:
    return f"user {os.geteuid()}"
