"""The storage that holds the files of messages, whichever it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, Protocol, cast
from uuid import uuid4

from django.core.files.storage import storages

from bandeja.media.part import Part

THUMB = ".webp"
"""What a file's key has at its end to be its thumbnail's."""


class Storage(Protocol):
    """What we ask of a storage, beyond Django's own."""

    def keep(self, key: str, file: BinaryIO) -> None:
        """Keep a file under a key, whole or not at all. Raises OSError."""

    def stream(self, key: str, first: int, last: int) -> Part:
        """Its bytes from `first` to `last`, both included. Raises FileNotFoundError."""

    def open(self, name: str) -> Any:
        """The whole of it, to read and seek. Raises FileNotFoundError."""

    def size(self, key: str) -> int:
        """How many bytes it has. Raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Remove it; what is not there is no error."""

    def clear(self) -> None:
        """Remove what was left half-way by a process that was killed."""


def storage() -> Storage:
    """The storage in force: `STORAGES["media"]`."""
    return cast("Storage", storages["media"])


def new_key(workspace_id: int, at: datetime) -> str:
    """A key nobody can guess, in a folder of the workspace and the day; claim.sql makes them alike."""
    return f"{workspace_id}/{at:%Y/%m/%d}/{uuid4().hex}"
