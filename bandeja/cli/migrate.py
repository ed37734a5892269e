"""Brings the database and the static files up to this version; safe to run twice, or twice at once."""

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bandeja.cli import start

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

ONE_AT_A_TIME = 8300  # the advisory lock that a second machine waits for


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much to say."""
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")


def run(chosen: argparse.Namespace) -> int:
    """Migrates, then collects."""
    with start.database():
        start.django()
        _migrate(verbosity=0 if chosen.quiet else 1)
        _collect()
    return 0


def _migrate(verbosity: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        _wait_for_turn(cursor)
        try:
            call_command("migrate", interactive=False, verbosity=verbosity)
            _index_contacts()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _index_contacts() -> None:
    """Where a server lacked the extensions of this index, or refused them, it may have them by now."""
    from django.db import connection

    from bandeja.conversations import plain

    if hindrance := plain.index(connection):
        print(f"bandeja: searching for contacts will be slow: {hindrance}\n{plain.MEND}", file=sys.stderr)


def _wait_for_turn(cursor: "CursorWrapper") -> None:
    """Ask again and again: an index built concurrently would wait for whoever waited inside PostgreSQL."""
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if cursor.fetchone()[0]:
            return
        time.sleep(0.2)


def _collect() -> None:
    """Collecting again what has not changed would only cost the newcomer a second."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    found = [Path(store.path(name)) for finder in get_finders() for name, store in finder.list([])]
    fingerprint = hashlib.sha256("\n".join(sorted(_trace(path) for path in found)).encode()).hexdigest()
    kept = Path(settings.STATIC_ROOT) / ".fingerprint"
    if kept.exists() and kept.read_text(encoding="ascii") == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    kept.write_text(fingerprint, encoding="ascii")


def _trace(path: Path) -> str:
    about = path.stat()
    return f"{path} {about.st_size} {about.st_mtime_ns}"
