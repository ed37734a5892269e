"""What several commands begin with: a database that answers, and Django."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM, signal

from bandeja import environment
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.errors import InUseError
from bandeja.embedded.place import Place


def django() -> None:
    """Makes Django's models and settings usable."""
    import django as framework

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandeja.settings")
    framework.setup()


def embedded() -> Cluster | None:
    """The PostgreSQL that this install brings, not started; None when DATABASE_URL names another."""
    if environment.DATABASE_URL.value():
        return None
    return Cluster(Place(environment.HOME.value() / "postgres"))


@contextmanager
def database() -> Iterator[None]:
    """A database that answers while a short command runs: ours is started for it unless it already runs."""
    cluster = embedded()
    try:
        if cluster is not None:
            cluster.start()
    except InUseError:
        cluster = None
    try:
        yield
    finally:
        if cluster is not None:
            cluster.stop()


def on_stop(act: Callable[[], None]) -> threading.Event:
    """An event that SIGTERM and SIGINT set; `act` is called then too, once."""
    stop = threading.Event()

    def hear(number: int, frame: object) -> None:  # noqa: ARG001  as a signal calls it
        if not stop.is_set():
            stop.set()
            act()

    signal(SIGTERM, hear)
    signal(SIGINT, hear)
    return stop
