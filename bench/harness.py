"""What every benchmark stands on: an install of its own under var/bench, with the default embedded database.

The cluster runs with production settings (fsync on) and is stopped at the end. Django is set up on the database
`bench`, which begins as a copy of the benchmark's kept data when it has any.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg import sql

from bandeja.embedded.cluster import Cluster
from bandeja.embedded.place import Place
from bench.beside import pgbench, run_bandeja

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench"
DATABASE = "bench"

Connection = psycopg.Connection[tuple[Any, ...]]
Build = Callable[[Connection], None]
"""Fills a migrated database with a benchmark's data; may use Django's models too."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks of a benchmark; None is the full measure."""

    bench: str
    json: bool = False
    rows: int | None = None
    seconds: float | None = None
    fresh: bool = False


def tell(sentence: str) -> None:
    """Progress, for whoever waits; standard output is the result's."""
    print(f"bench: {sentence}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Install:
    """A running database of a migrated install, which Django is set up to use."""

    place: Place

    @property
    def address(self) -> str:
        return _address(self.place, DATABASE)

    def connect(self) -> Connection:
        """An autocommitting connection."""
        return psycopg.connect(self.address, autocommit=True)

    def pgbench(self, script: str, *, clients: int, seconds: float) -> float:
        """Transactions a second of this script at so many connections: PostgreSQL's own pace."""
        return pgbench(self.address, script, clients=clients, seconds=seconds)


@contextmanager
def install(asked: Asked, *, build: Build | None = None, about: str = "") -> Iterator[Install]:
    """An install with the data that `build` makes, kept between runs until the schema or `about` changes.

    `about` names what else the data depends on, such as the number of rows.
    """
    place = Place(HOME / "postgres")
    HOME.mkdir(parents=True, exist_ok=True)
    with Cluster(place):
        here = Install(place)
        _point_to(here)
        _make(here, asked, build, about)
        try:
            yield here
        finally:
            _leave_django()
            with _maintenance(place) as connection:
                _drop(connection, DATABASE)


def alternate(measures: Mapping[str, Callable[[], float]], *, rounds: int = 2) -> dict[str, float]:
    """Each measure in turn, so many rounds (A B A B): the medians, by name."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
            tell(f"{name}: {found[name][-1]:,.4g}")
    return {name: median(values) for name, values in found.items()}


def _point_to(here: Install) -> None:
    os.environ.update(
        BANDEJA_HOME=str(HOME),
        DATABASE_URL=here.address,
        DJANGO_SETTINGS_MODULE="bandeja.settings",
        BANDEJA_LOG="text",
    )


def _make(here: Install, asked: Asked, build: Build | None, about: str) -> None:
    """The database `bench`, migrated and filled, or copied from the last time it was."""
    kept = f"{asked.bench}_{_schema(about)}"
    with _maintenance(here.place) as connection:
        _drop(connection, DATABASE)
        for name in _kept(connection, asked.bench):
            if name != kept or asked.fresh or build is None:
                _drop(connection, name)
        if build is not None and kept in _kept(connection, asked.bench):
            _copy(connection, kept, DATABASE)
            _use_django()
            return
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        _migrate()
        if build is None:
            return
        tell(f"making data for {asked.bench}")
        with here.connect() as filling:
            build(filling)
            filling.execute("vacuum analyze")
        _leave_django()
        _copy(connection, DATABASE, kept)


def _migrate() -> None:
    run_bandeja("migrate", "--quiet")
    _use_django()


def _use_django() -> None:
    import django

    django.setup()


def _leave_django() -> None:
    """A database cannot be copied or dropped while anyone is connected to it."""
    from django.db import connections

    connections.close_all()


def _schema(about: str) -> str:
    """Changes with anything that shapes the data."""
    shaping = sorted([*ROOT.glob("bandeja/*/migrations/*.py"), *ROOT.glob("bench/*.py")])
    return sha256(b"".join(path.read_bytes() for path in shaping) + about.encode()).hexdigest()[:16]


@contextmanager
def _maintenance(place: Place) -> Iterator[Connection]:
    with psycopg.connect(_address(place, "postgres"), autocommit=True) as connection:
        yield connection


def _address(place: Place, database: str) -> str:
    before, _, after = place.url.partition("?")
    return f"{before.rpartition('/')[0]}/{database}?{after}"


def _kept(connection: Connection, bench: str) -> list[str]:
    named = connection.execute("select datname from pg_database where datname like %s", [f"{bench}\\_%"])
    return [name for (name,) in named]


def _drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _copy(connection: Connection, template: str, name: str) -> None:
    # Files, not WAL: a million rows are copied in a second, and the log stays as small as it was.
    words = sql.SQL("create database {} template {} strategy file_copy")
    connection.execute(words.format(sql.Identifier(name), sql.Identifier(template)))
