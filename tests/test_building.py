"""What is installed from the package, without the project's own scripts, is whole."""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEPT = {".py", ".sql", ".html", ".css", ".js", ".svg", ".po", ".txt", ".json"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git keeps of this checkout, and nothing that running it has made."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            there = tmp_path / "clone" / name
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes((ROOT / name).read_bytes())
    return tmp_path / "clone"


def test_a_wheel_has_all_that_git_keeps_of_the_package_and_its_translations(clone: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(_built(clone, tmp_path, "wheel")) as wheel:
        names = set(wheel.namelist())
    kept = {str(path.relative_to(clone)) for path in (clone / "bandeja").rglob("*") if path.suffix in KEPT}
    assert kept
    assert kept <= names
    assert _translations(names) == _translations(kept, ".po")


def test_what_is_built_from_the_sources_that_are_handed_on_is_translated_too(clone: Path, tmp_path: Path) -> None:
    with tarfile.open(_built(clone, tmp_path, "sdist")) as sources:
        sources.extractall(tmp_path / "handed", filter="data")
    (handed,) = (tmp_path / "handed").iterdir()
    with zipfile.ZipFile(_built(handed, tmp_path, "wheel")) as wheel:
        assert _translations(wheel.namelist()) == _translations(map(str, clone.rglob("*.po")), ".po")


def _translations(names: Iterable[str], ending: str = ".mo") -> list[str]:
    return sorted(Path(name).parent.parent.name for name in names if name.endswith(ending))


def _built(source: Path, into: Path, what: str) -> Path:
    asked = f"import building; print(building.build_{what}({str(into)!r}))"
    env = {**os.environ, "PYTHONPATH": str(source / "bin")}
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=source, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return into / done.stdout.split()[-1]
