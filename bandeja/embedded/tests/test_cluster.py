"""Starting, stopping and recovering the embedded PostgreSQL, whoever runs it and however it ends."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, LiteralString

import psycopg
import pytest

from bandeja.embedded import binaries, cluster, identity, postmaster
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.errors import (
    CannotRunError,
    DiskFullError,
    InUseError,
    NotOursError,
    OtherVersionError,
    refusal,
)
from bandeja.embedded.place import Place

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

PARENT = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.place import Place
cluster = Cluster(Place(Path(sys.argv[1])))
cluster.start()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def place() -> Iterator[Place]:
    """A folder that others may pass through, as /srv would be."""
    folder = Path(tempfile.mkdtemp(prefix="bandeja-pg-"))
    folder.chmod(0o755)
    yield Place(folder / "postgres")
    shutil.rmtree(folder)


def ask(place: Place, question: LiteralString) -> Any:
    """One value from the running cluster."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def do(place: Place, statement: LiteralString) -> None:
    """Runs and commits one statement."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute(statement)


def postmaster_pid(place: Place) -> int:
    """The number of its main process."""
    return int((place.data / "postmaster.pid").read_text().splitlines()[0])


def eventually(question: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the answer became yes in time."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_new_cluster_answers_with_checksums_and_full_unicode(place: Place) -> None:
    with Cluster(place):
        assert ask(place, "select current_setting('data_checksums')") == "on"
        assert ask(place, "select lower('ÁÉÑ')") == "áéñ"
        assert ask(place, "select current_database()") == "bandeja"


def test_nothing_listens_on_the_network_and_the_socket_is_ours_alone(place: Place) -> None:
    with Cluster(place):
        assert ask(place, "select current_setting('listen_addresses')") == ""
        assert place.socket.stat().st_mode & 0o777 == 0o700
        assert (place.socket / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


def test_what_was_written_is_there_after_a_stop_and_a_start(place: Place) -> None:
    with Cluster(place):
        do(place, "create table kept as select 42 as number")
    with Cluster(place):
        assert ask(place, "select number from kept") == 42


def test_stopping_leaves_nothing_running(place: Place) -> None:
    cluster = Cluster(place)
    cluster.start()
    assert cluster.alive()
    cluster.stop()
    cluster.stop()
    assert not cluster.alive()
    assert not postmaster.runs_in(place.data)


def test_a_killed_server_recovers_what_was_committed(place: Place) -> None:
    with Cluster(place) as cluster:
        do(place, "create table kept as select generate_series(1, 10000) as number")
        os.kill(postmaster_pid(place), signal.SIGKILL)
        assert eventually(lambda: not cluster.alive())

        def recovered() -> bool:
            # Its orphans hold the memory for a moment, and PostgreSQL rightly refuses to start beside them.
            try:
                cluster.start()
            except CannotRunError:
                return False
            return True

        assert eventually(recovered)
        assert ask(place, "select count(*) from kept") == 10000


def test_a_killed_parent_takes_the_server_with_it_and_the_next_start_works(place: Place) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, place.root], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
    with Cluster(place):
        assert ask(place, "select 1") == 1
    control = subprocess.run(
        [binaries.folder() / "pg_controldata", place.data], capture_output=True, text=True, check=True
    )
    assert "shut down" in control.stdout


def test_a_second_start_in_the_same_folder_is_refused(place: Place) -> None:
    with Cluster(place), pytest.raises(InUseError, match="Another Bandeja already runs the database"):
        Cluster(place).start()


def test_a_cluster_of_another_major_version_is_refused_untouched(place: Place) -> None:
    with Cluster(place):
        pass
    (place.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersionError, match="made by PostgreSQL 17 and this Bandeja brings 18"):
        Cluster(place).start()
    assert (place.data / "PG_VERSION").read_text() == "17\n"


def test_a_refused_start_gives_the_folder_back(place: Place) -> None:
    with Cluster(place):
        pass
    (place.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersionError):
        Cluster(place).start()
    (place.data / "PG_VERSION").write_text("18\n")
    with Cluster(place):
        assert ask(place, "select 1") == 1


def test_a_full_disk_is_refused_before_anything_is_made(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=5 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFullError, match=r"is full \(5 MB left\)"):
        Cluster(place).start()
    assert not place.data.exists()


def test_postgresql_saying_the_disk_is_full_is_told_as_such(place: Place) -> None:
    place.root.mkdir()
    said = 'FATAL:  could not write to file "pg_wal/xlogtemp.29": No space left on device'
    assert isinstance(refusal(place.root, said), DiskFullError)


def test_a_server_that_will_not_start_is_quoted(place: Place) -> None:
    with Cluster(place):
        pass
    (place.data / "postgresql.conf").write_text("shared_buffers = 'many'\n")
    with pytest.raises(CannotRunError, match="shared_buffers"):
        Cluster(place).start()


def test_a_crash_while_making_leaves_no_half_cluster(place: Place) -> None:
    (place.root / "data.new" / "base").mkdir(parents=True)
    with Cluster(place):
        assert ask(place, "select 1") == 1


def test_a_number_left_by_a_crash_that_is_now_another_process_stops_nobody(place: Place) -> None:
    with Cluster(place):
        pass
    (place.data / "postmaster.pid").write_text(f"{os.getpid()}\n{place.data}\n")
    assert not postmaster.runs_in(place.data)


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(place: Place) -> None:
    deep = Place(place.root / ("long" * 20) / ("name" * 10))
    with Cluster(deep):
        assert ask(deep, "select 1") == 1
        assert not deep.socket.is_relative_to(deep.root)
    assert not deep.socket.exists()


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_socket_folder_that_others_may_enter_is_refused(
    place: Place, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their PostgreSQL would answer there in our name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Place(place.root / ("long" * 20) / ("name" * 10))
    deep.socket.mkdir()
    deep.socket.chmod(mode)
    with pytest.raises(NotOursError, match="belongs to somebody else"):
        Cluster(deep).start()


def test_a_socket_folder_that_leads_elsewhere_is_refused(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Place(place.root / ("long" * 20) / ("name" * 10))
    (tmp_path / "theirs").mkdir(mode=0o700)
    deep.socket.symlink_to(tmp_path / "theirs")
    with pytest.raises(NotOursError):
        Cluster(deep).start()


@as_root
def test_root_may_run_it_where_namespaces_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(not folder.stat().st_mode & 0o001 for folder in binaries.folder().parents):
        pytest.skip("this checkout lies where nobody else may pass")
    monkeypatch.setattr(identity, "_namespaces_work", lambda: False)
    with Cluster(place):
        assert ask(place, "select 1") == 1
        assert place.data.stat().st_uid == identity._nobody().pw_uid


@as_root
def test_root_is_told_which_folder_is_closed_to_others(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.root.parent.chmod(0o700)
    monkeypatch.setattr(identity, "_namespaces_work", lambda: False)
    with pytest.raises(CannotRunError, match=f"{place.root.parent} lets nobody else in"):
        Cluster(place).start()


@as_root
def test_an_ordinary_user_may_run_it(place: Place) -> None:
    if any(not folder.stat().st_mode & 0o001 for folder in binaries.folder().parents):
        pytest.skip("this checkout lies where nobody else may pass")
    nobody = identity._nobody()
    os.chown(place.root.parent, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:  # the child is that user, with everything imported that it needs
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        with suppress(BaseException), Cluster(place):
            os._exit(0 if ask(place, "select 1") == 1 else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert eventually(lambda: not postmaster.runs_in(place.data))


@pytest.mark.parametrize(
    ("limit", "kept"), [("268435456", 128 * 2**20), ("4294967296", 512 * 2**20), ("1099511627776", 1024 * 2**20)]
)
def test_the_pages_it_keeps_follow_the_memory_there_is(
    limit: str, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2**28, "SC_PAGE_SIZE": 2**12}.__getitem__)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", tmp_path / "memory.max")
    assert cluster.shared_buffers() == 1024 * 2**20
    (tmp_path / "memory.max").write_text("max")
    assert cluster.shared_buffers() == 1024 * 2**20
    (tmp_path / "memory.max").write_text(limit)
    assert cluster.shared_buffers() == kept
