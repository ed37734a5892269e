"""Files kept in a folder of this machine."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.core.files.storage import FileSystemStorage

from bandeja.media.part import CHUNK, Part

PARTS = ".parts"
"""Where files grow until they are whole: of the same disk, so that they are moved at once."""
ABANDONED = 86_400
"""Seconds after which what grows there is nobody's any more."""


class Folder(FileSystemStorage):
    """Only this process's user may read it; a file is there whole or not at all, whenever the process is killed."""

    def keep(self, key: str, file: BinaryIO) -> None:
        """Keep the bytes of `file` under `key`, in place of what was there. Raises OSError when there is no room."""
        target = Path(self.path(key))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._parts(), delete=False) as part:
            try:
                file.seek(0)
                shutil.copyfileobj(file, part, CHUNK)
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).replace(target)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise

    def stream(self, key: str, first: int, last: int) -> Part:
        """The bytes from `first` to `last`, both included. Raises FileNotFoundError at once, not while it streams."""
        file = Path(self.path(key)).open("rb")  # noqa: SIM115  the stream closes it
        file.seek(first)
        return Part(file, last - first + 1)

    def clear(self) -> None:
        """Remove what grew until a process was killed, a day later."""
        for part in self._parts().iterdir():
            if part.stat().st_mtime < time.time() - ABANDONED:
                part.unlink(missing_ok=True)

    def _parts(self) -> Path:
        parts = Path(self.path(PARTS))
        parts.mkdir(mode=0o700, parents=True, exist_ok=True)
        return parts
