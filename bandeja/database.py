"""Where the database is, in Django's terms: DATABASE_URL, or the socket of the embedded PostgreSQL."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bandeja import environment
from bandeja.embedded.place import Place


def address(environ: Mapping[str, str] = os.environ) -> str:
    """The address in force: the operator's own, or that of the embedded PostgreSQL in BANDEJA_HOME."""
    return environment.DATABASE_URL.value(environ) or Place(environment.HOME.value(environ) / "postgres").url


def connection_settings(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Django's DATABASES entry; what follows ? in the address goes to libpq as it is (sslmode, options)."""
    parts = urlsplit(address(environ))
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "bandeja",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        # Threads of the web process and loops of the worker live long: each keeps its connection.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "bandeja", **options},
    }


def without_jit(*, connection: Any, **_: object) -> None:
    """Tell a connection, which Django has just opened, to compile nothing.

    The embedded PostgreSQL is told so anyway. Another compiles what it guesses to be dear, unless told otherwise: our
    longest statements answer in milliseconds, and to compile one took PostgreSQL 15 more than a minute. Said after
    connecting, for poolers know no such parameter.
    """
    with connection.cursor() as cursor:
        cursor.execute("set jit = off")
