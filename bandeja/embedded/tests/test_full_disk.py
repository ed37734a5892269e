"""A disk that fills up for real: a small one in memory, in a mount namespace of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOM_OF_ITS_OWN = ["unshare", "--map-root-user", "--mount"]

STORY = """
import sys
from pathlib import Path
import psycopg
from bandeja.embedded.cluster import Cluster
from bandeja.embedded.errors import DiskFullError
from bandeja.embedded.place import Place

disk = Path(sys.argv[1])
cluster = Cluster(Place(disk / "postgres"))
cluster.start()
try:
    with psycopg.connect(cluster.place.url, autocommit=True) as connection:
        connection.execute("create table kept as select 42 as number")
        connection.execute("create table filling (line text)")
        while True:
            connection.execute("insert into filling select repeat(n::text, 400) from generate_series(1, 5000) n")
except psycopg.Error as error:
    assert "No space left on device" in str(error), error
cluster.stop()
try:
    cluster.start()
    raise SystemExit("it started on a full disk")
except DiskFullError:
    pass
(disk / "ballast").unlink()
cluster.start()
with psycopg.connect(cluster.place.url) as connection:
    assert connection.execute("select number from kept").fetchone() == (42,)
cluster.stop()
"""


def can_mount() -> bool:
    """Whether this machine lets us have a file system of our own."""
    if not shutil.which("unshare"):
        return False
    mount = "mount -t tmpfs tmpfs /mnt"
    return subprocess.run([*ROOM_OF_ITS_OWN, "sh", "-c", mount], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs a mount namespace")
def test_a_disk_that_fills_up_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    prepare = f"mount -t tmpfs -o size=420m tmpfs {tmp_path} && head -c 150000000 /dev/zero > {tmp_path}/ballast"
    told = subprocess.run(
        [*ROOM_OF_ITS_OWN, "sh", "-c", f'{prepare} && exec "$0" "$@"', sys.executable, "-c", STORY, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
