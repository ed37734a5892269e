"""Why an embedded PostgreSQL will not run: each is one sentence for the operator, with what to do next."""

import re
import shutil
from pathlib import Path

WHEN = re.compile(r"^\S+ \S+ UTC \[\d+\] ")  # who reads a refusal knows when it came


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run."""


class InUseError(EmbeddedError):
    """Another process runs this cluster."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"Another Bandeja already runs the database in {root}. "
            "Stop it first, or give this one another folder with BANDEJA_HOME."
        )


class NotOursError(EmbeddedError):
    """The folder of the socket is somebody else's, or open to others, whose PostgreSQL may answer there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The folder {folder} belongs to somebody else, or is open to others. "
            "Remove it, or give BANDEJA_HOME a shorter path."
        )


class OtherVersionError(EmbeddedError):
    """The cluster was made by another major version of PostgreSQL."""

    def __init__(self, root: Path, found: str, ours: str) -> None:
        super().__init__(
            f"The database in {root} was made by PostgreSQL {found} and this Bandeja brings {ours}. "
            f"Start it once more with the Bandeja that made it, save it with pg_dump, and load it here."
        )


class DiskFullError(EmbeddedError):
    """There is no room to start; nothing was changed."""

    def __init__(self, root: Path, free: int) -> None:
        super().__init__(
            f"The disk that holds {root} is full ({free // 2**20} MB left). "
            "Nothing was changed; free at least 128 MB and start again."
        )


class CannotRunError(EmbeddedError):
    """PostgreSQL itself refused; its own last words follow."""


def refusal(root: Path, said: str) -> EmbeddedError:
    """What PostgreSQL's last words mean."""
    if "No space left on device" in said:
        return DiskFullError(root, shutil.disk_usage(root).free)
    lines = [WHEN.sub("", line).strip() for line in said.splitlines() if line.strip()]
    return CannotRunError(f"PostgreSQL would not start in {root}: {' / '.join(lines[-3:])}")
