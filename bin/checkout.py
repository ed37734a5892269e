"""Makes this checkout runnable: a virtual environment, the pinned packages, the command, the translations.

Standard library only, and nothing is done twice: what is up to date is left alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)


class NotReadyError(Exception):
    """This machine lacks something; the message says what, and how to get it."""


def ready(*, proving: bool = False) -> Path:
    """Answers the Python to run, with everything that running (or proving) needs installed."""
    _refuse_an_old_python()
    if not PYTHON.exists():
        _make_venv()
    wanted = "dev" if proving else "runtime"
    if _stamp("dev") != _digest("dev") and _stamp(wanted) != _digest(wanted):
        _install(wanted)
    translate(PYTHON)
    return PYTHON


def _refuse_an_old_python() -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        raise NotReadyError(f"Bandeja needs Python 3.11 or newer, and this is {found}.")


def _make_venv() -> None:
    _say("making .venv")
    if shutil.which("uv"):
        _run("uv", "venv", "--quiet", "--python", sys.executable, str(VENV))
        return
    try:
        _run(sys.executable, "-m", "venv", str(VENV))
    except NotReadyError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        raise NotReadyError(
            "Python cannot make a virtual environment; on Debian: apt install python3-venv."
        ) from error


def _install(wanted: str) -> None:
    _say(f"installing what requirements/{wanted}.txt pins (once)")
    pip = _pip()
    _run(*pip, "install", "--quiet", "--require-hashes", "-r", f"requirements/{wanted}.txt")
    # The command `bandeja` and the package, straight from this checkout; its builder is pinned above.
    _run(*pip, "install", "--quiet", "--no-build-isolation", "--no-deps", "--editable", ".")
    (VENV / f".{wanted}").write_text(_digest(wanted), encoding="ascii")


def _pip() -> list[str]:
    if shutil.which("uv"):
        # uv reads the environment it installs into from here.
        os.environ["VIRTUAL_ENV"] = str(VENV)
        return ["uv", "pip"]
    if not any((VENV / "lib").glob("python*/site-packages/pip")):  # made by uv, which is gone since
        _run(str(PYTHON), "-m", "ensurepip")
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]


def _digest(wanted: str) -> str:
    parts = (ROOT / "requirements" / f"{wanted}.txt", ROOT / "pyproject.toml")
    about = b"".join(part.read_bytes() for part in parts) + sys.version.encode() + str(ROOT).encode()
    return hashlib.sha256(about).hexdigest()


def _stamp(wanted: str) -> str:
    path = VENV / f".{wanted}"
    return path.read_text(encoding="ascii") if path.exists() else ""


def translate(python: Path) -> None:
    """Compiles the translations that are newer than what was compiled, by a Python that has babel.

    They are not kept in git; gettext's own programs are not needed to make them. Raises NotReadyError.
    """
    folder = ROOT / "bandeja" / "locale"
    stale = [po for po in folder.rglob("*.po") if not _is_newer(po.with_suffix(".mo"), po)]
    if stale:
        _run(str(python), "-m", "babel.messages.frontend", "--quiet", "compile", "-D", "django", "-d", str(folder))


def _is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def _run(*command: str) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise NotReadyError(f"This failed, and its own words are above: {' '.join(command)}")


def _say(sentence: str) -> None:
    print(f"bandeja: {sentence}", file=sys.stderr, flush=True)
