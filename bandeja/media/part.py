"""A part of a file on its way to somebody."""

from __future__ import annotations

from typing import Protocol

CHUNK = 64 * 1024


class Readable(Protocol):
    """Anything that is read and closed."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def close(self) -> None:
        """Let go of it."""


class Part:
    """The next `left` bytes of a file, in chunks. Closed at its end, or before by whoever was to send it.

    No generator: closing one that nobody has begun would leave the file open.
    """

    def __init__(self, file: Readable, left: int) -> None:
        self._file, self._left = file, left

    def __iter__(self) -> Part:
        return self

    def __next__(self) -> bytes:
        chunk = self._file.read(min(CHUNK, self._left)) if self._left > 0 else b""
        if not chunk:
            self.close()
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Let go of the file."""
        self._left = 0
        self._file.close()
