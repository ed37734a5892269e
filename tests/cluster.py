"""A pytest plugin: one throwaway PostgreSQL for the whole run, known before Django reads its settings.

BANDEJA_TEST_POSTGRES names the folder of another PostgreSQL's programs to prove against.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from bandeja.embedded.cluster import Cluster
from bandeja.embedded.place import Place
from tests.older import Older

_running: list[Cluster | Older] = []


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _forget_the_operator() -> None:
    """A test never meets the settings, nor the data, of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("BANDEJA_") and not name.startswith("BANDEJA_TEST_"):
            del os.environ[name]


def _use_a_fresh_home() -> None:
    home = Path(tempfile.mkdtemp(prefix="bandeja-test-"))
    (home / "static").mkdir()
    os.environ["BANDEJA_HOME"] = str(home)
    os.environ["DATABASE_URL"] = _place().url


def _place() -> Place:
    return Place(Path(os.environ["BANDEJA_HOME"]) / "postgres")


if not _is_worker():
    _forget_the_operator()
    _use_a_fresh_home()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Starts PostgreSQL once, before any worker asks for it."""
    if _is_worker() or session.config.option.collectonly:
        return
    other = os.environ.get("BANDEJA_TEST_POSTGRES")
    cluster = Older(Path(other), _place()) if other else Cluster(_place(), durable=False)
    cluster.start()
    _running.append(cluster)


def pytest_unconfigure() -> None:
    """Leaves nothing running and nothing behind."""
    if _is_worker():
        return
    while _running:
        _running.pop().stop()
    shutil.rmtree(os.environ["BANDEJA_HOME"], ignore_errors=True)
