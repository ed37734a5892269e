"""What a WebP file says of its picture in its first bytes (Google, "WebP Container Specification"). Pure."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 30
"""Bytes that tell all of it."""

ANIMATED = 0x02


@dataclass(frozen=True, slots=True)
class Picture:
    """Its sides in pixels, and whether it moves."""

    width: int
    height: int
    moves: bool = False


def read(head: bytes) -> Picture | None:
    """The picture of a file that begins with `head`; None where it is no WebP."""
    if len(head) < HEAD or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    match head[12:16]:
        case b"VP8X":
            return Picture(_number(head[24:27]) + 1, _number(head[27:30]) + 1, bool(head[20] & ANIMATED))
        case b"VP8L":
            sides = _number(head[21:25])
            return Picture((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            return Picture(_number(head[26:28]) & 0x3FFF, _number(head[28:30]) & 0x3FFF)
    return None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
