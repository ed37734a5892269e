"""Every benchmark runs, short: what it answers has the shape that whoever compares runs relies on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import BENCHES
from bench.harness import ROOT

SHORT = {"lag": (50_400, 3.0), "door": (None, 1.0), "idle": (400, 10.0)}
"""Lag writes as the first 50,000 contacts, and beside it some must fall due; too few visitors at the door are slowed;
what idles uses next to nothing in a second.
"""

# As bin/bench, in a home of its own.
RUN = """
import sys
from pathlib import Path
import bench.harness
bench.harness.HOME = Path(sys.argv.pop(1))
from bench.__main__ import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of them keep their install, as they do when they are run one after another."""
    return tmp_path_factory.mktemp("bench")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BENCHES)
def test_a_benchmark_answers_one_object_with_its_ratios(home: Path, name: str) -> None:
    answer = _run(home, name)
    assert list(answer) == ["bench", "unit", "value", "floors", "ratios", "percentiles", "config"]
    assert answer["bench"] == name
    assert (answer["value"] > 0) == (name != "fuzz"), "fuzz counts findings"
    assert answer["ratios"] == {
        floor: pytest.approx(answer["value"] / pace, rel=1e-4) for floor, pace in answer["floors"].items()
    }
    times = answer["percentiles"]
    assert 0 <= times["p50"] <= times["p99"] <= times["max"]


def _run(home: Path, name: str) -> Any:
    rows, seconds = SHORT.get(name, (400, 1.0))
    short = ["--seconds", str(seconds), *(["--rows", str(rows)] if rows else [])]
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home), name, "--json", *short],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    sys.stderr.write(done.stderr)  # shown where an assertion fails: what was found, and what brings it back
    return json.loads(done.stdout.splitlines()[-1])
