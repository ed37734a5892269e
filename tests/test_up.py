"""`bandeja up` for real: it greets, mends what dies, and leaves nothing running."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.install import Install, descendants, eventually, gone, install

pytestmark = pytest.mark.timeout(180)


def killed(up: Install, part: str) -> int:
    """Kills it as the system would when memory runs out; answers its number."""
    number = up.pid(part)
    os.kill(number, signal.SIGKILL)
    return number


def test_it_greets_mends_what_dies_and_leaves_nothing_running(tmp_path: Path) -> None:
    with install(tmp_path / "home") as up:
        said = up.greeting()
        assert f"http://127.0.0.1:{up.port}\n" in said
        assert re.search(rf"^  http://127\.0\.0\.1:{up.port}/welcome/\S+$", said, re.MULTILINE)
        assert up.get("/healthz") == 200

        worker = killed(up, "worker")
        assert eventually(lambda: up.pid("worker") not in {0, worker})

        killed(up, "postgres")
        assert eventually(lambda: up.get("/healthz") == 503 or "starting it again" in up.errors())
        assert eventually(lambda: up.get("/healthz") == 200)

        killed(up, "web")
        assert eventually(lambda: up.get("/healthz") == 200)

        everyone = descendants(up.process.pid)
        assert len(everyone) > 6
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(20) == 0
        assert gone(everyone)


def test_killed_by_force_it_takes_everything_with_it(tmp_path: Path) -> None:
    with install(tmp_path / "home") as up:
        up.greeting()
        everyone = descendants(up.process.pid)
        up.process.kill()
        up.process.wait()
        assert eventually(lambda: gone(everyone))


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with install(tmp_path / "home", BANDEJA_PORT=port) as up:
            assert up.process.wait(20) == 1
            assert f"Cannot listen on 127.0.0.1 port {port}" in up.errors()
            assert not (up.home / "postgres").exists()


@pytest.mark.parametrize(("name", "text"), [("BANDEJA_PORT", "many"), ("BANDEJA_TIME_ZONE", "Mars")])
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, name: str, text: str) -> None:
    with install(tmp_path / "home", **{name: text}) as up:
        assert up.process.wait(20) == 2
        assert f"bandeja: {name} must be" in up.errors()
        assert "Traceback" not in up.errors()
