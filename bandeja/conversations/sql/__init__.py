"""The hot statements, each in a file of its own that says what it does, and the way they are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import msgspec
import psycopg
from django.db import OperationalError, connection

PREPARE_AFTER = 3
"""Uses after which a connection prepares a statement: planning the longest took as long as a fifth of its batch."""

LIMIT_EXCEEDED = "54"
"""PostgreSQL's class of errors of a value that is too much for it: psycopg calls them operational all the same."""


def statement(package: str, name: str) -> str:
    """The text of `<package>/sql/<name>.sql`. Raises FileNotFoundError when there is none."""
    return files(package).joinpath("sql", f"{name}.sql").read_text()


def as_json(rows: Sequence[Any]) -> str:
    """Rows for a statement as one JSON text: adapting an array a column took longer than joining what they say."""
    return msgspec.json.encode(rows).decode()


@contextmanager
def run(text: str, params: Mapping[str, Any]) -> Iterator[psycopg.Cursor[Any]]:
    """Run a named statement on Django's connection, prepared once it is used often; yields its cursor.

    Parameters travel apart from the text, unlike with Django's cursors. Raises Django's database errors.
    """
    connection.ensure_connection()
    server: psycopg.Connection[Any] = connection.connection
    server.prepare_threshold = PREPARE_AFTER
    with connection.wrap_database_errors, psycopg.Cursor(server) as cursor:
        cursor.execute(text, params)
        yield cursor


def is_outage(error: Exception) -> bool:
    """Whether the database failed, and not what it was given: all of it will work again, so nothing steps aside."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, OperationalError) and not state.startswith(LIMIT_EXCEEDED)
