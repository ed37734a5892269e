"""Which bytes of a file are asked for (RFC 9110, section 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


class NotThere(Exception):
    """The file has no such bytes: answered with 416."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def asked(header: str, size: int) -> Range | None:
    """The one range a Range header asks for of a file of `size` bytes; None for all of it.

    What is no single range of bytes is passed over, as it may be: players ask for one at a time. Raises NotThere.
    """
    found = ONE.fullmatch(header)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return _last(int(found[2]), size)
    first, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise NotThere
    return Range(first, min(last, size - 1))


def _last(count: int, size: int) -> Range:
    if not count or not size:
        raise NotThere
    return Range(max(size - count, 0), size - 1)
