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


@dataclass(frozen=True)
class Data:
    """What a benchmark works on, kept between runs until the schema, `rows` or anything in bench/ changes.

    Benchmarks that name the same data share it. `build` fills a migrated database, by this connection or by
    Django's models.
    """

    name: str
    rows: int
    build: Callable[[Connection, int], None]

    @property
    def kept(self) -> str:
        """The name of the database it is kept in."""
        shaping = sorted([*ROOT.glob("bandeja/*/migrations/*.py"), *ROOT.glob("bench/*.py")])
        said = b"".join(path.read_bytes() for path in shaping) + f"{self.rows}".encode()
        return f"{self.name}_{sha256(said).hexdigest()[:16]}"


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
def install(asked: Asked, data: Data | None = None) -> Iterator[Install]:
    """An install with this data, or an empty one; stopped at the end."""
    place = Place(HOME / "postgres")
    HOME.mkdir(parents=True, exist_ok=True)
    with Cluster(place):
        here = Install(place)
        _point_to(here)
        _make(here, data, fresh=asked.fresh)
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


def _make(here: Install, data: Data | None, *, fresh: bool) -> None:
    """The database `bench`, migrated and filled, or copied from the last time it was."""
    with _maintenance(here.place) as connection:
        _drop(connection, DATABASE)
        if data is None:
            _create(connection)
            return
        for name in _kept(connection, data.name):
            if fresh or name != data.kept:
                _drop(connection, name)
        if not _kept(connection, data.name):
            _create(connection)
            _fill(here, data)
            _copy(connection, DATABASE, data.kept)
            return
        _copy(connection, data.kept, DATABASE)
    _use_django()


def _create(connection: Connection) -> None:
    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    run_bandeja("migrate", "--quiet")
    _use_django()


def _fill(here: Install, data: Data) -> None:
    tell(f"making {data.rows:,} rows of {data.name} (once)")
    with here.connect() as filling:
        data.build(filling, data.rows)
        filling.execute("vacuum analyze")
    _leave_django()


def _use_django() -> None:
    import django

    django.setup()


def _leave_django() -> None:
    """A database cannot be copied or dropped while anyone is connected to it."""
    from django.db import connections

    connections.close_all()


@contextmanager
def _maintenance(place: Place) -> Iterator[Connection]:
    with psycopg.connect(_address(place, "postgres"), autocommit=True) as connection:
        yield connection


def _address(place: Place, database: str) -> str:
    before, _, after = place.url.partition("?")
    return f"{before.rpartition('/')[0]}/{database}?{after}"


def _kept(connection: Connection, data: str) -> list[str]:
    named = connection.execute("select datname from pg_database where datname like %s", [f"{data}\\_%"])
    return [name for (name,) in named]


def _drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _copy(connection: Connection, template: str, name: str) -> None:
    # Files, not WAL: a million rows are copied in a second, and the log stays as small as it was.
    words = sql.SQL("create database {} template {} strategy file_copy")
    connection.execute(words.format(sql.Identifier(name), sql.Identifier(template)))
