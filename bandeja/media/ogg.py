"""A voice message as browsers record it (Opus in WebM) put into the container that channels take (Opus in Ogg). Pure.

The sound itself is not touched: each packet is copied. WebM is EBML, an element being an id, a size and its content
(RFC 8794, RFC 9559); Ogg is pages with a checksum (RFC 3533), and how Opus lies in them is RFC 7845.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

SEGMENT, TRACKS, TRACK, PRIVATE = 0x18538067, 0x1654AE6B, 0xAE, 0x63A2
CLUSTER, GROUP, BLOCK, SIMPLE_BLOCK = 0x1F43B675, 0xA0, 0xA1, 0xA3
WITHIN = frozenset({SEGMENT, TRACKS, TRACK, CLUSTER, GROUP})
"""Elements that hold what is sought. A browser that records does not know their size yet, and says so."""

MOST_SEGMENTS = 255
LACED = 0x06
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
SERIAL = 0x0BA4DE1A
FIRST, LAST = 0x02, 0x04
NO_TAGS = b"OpusTags" + struct.pack("<I", 7) + b"bandeja" + struct.pack("<I", 0)


class NotOpus(ValueError):
    """There is no Opus in it, or it is cut off where that is told."""


def from_webm(webm: bytes) -> bytes:
    """The same sound as an Ogg file. Raises NotOpus."""
    head, packets = _read(webm)
    if not head.startswith(b"OpusHead") or not packets:
        raise NotOpus("This WebM holds no Opus.")
    pages = [_page([head], 0, 0, FIRST), _page([NO_TAGS], 0, 1)]
    until, waiting = 0, list[bytes]()
    for number, packet in enumerate(packets, start=1):
        waiting.append(packet)
        until += _samples(packet)
        is_last = number == len(packets)
        if is_last or _segments([*waiting, packets[number]]) > MOST_SEGMENTS:
            pages.append(_page(waiting, until, len(pages), LAST if is_last else 0))
            waiting = []
    return b"".join(pages)


def _read(webm: bytes) -> tuple[bytes, list[bytes]]:
    head, tracks, packets = b"", set[int](), list[bytes]()
    for kind, content in _elements(webm):
        if kind == PRIVATE:
            head = content
        elif len(content) > 4 and not content[3] & LACED:
            # The number of the track in one byte, the time in two, flags in one; then the packet.
            tracks.add(content[0])
            packets.append(content[4:])
    if len(tracks) > 1:
        raise NotOpus("There is more than one track in this WebM.")
    return head, packets


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The codec's own header and the blocks, in order; a block that is cut off at the end is left out."""
    place = 0
    while place < len(data):
        kind, place = _number(data, place, marked=True)
        size, place = _number(data, place)
        if kind in WITHIN:
            continue
        if size is None or kind is None or place + size > len(data):
            return
        if kind in {PRIVATE, BLOCK, SIMPLE_BLOCK}:
            yield kind, data[place : place + size]
        place += size


def _number(data: bytes, place: int, *, marked: bool = False) -> tuple[int | None, int]:
    """A number of variable length, and where it ends; `marked` keeps the bit that tells how long it is, as ids do.

    None when all of its bits are set: a size that is not known.
    """
    length = 9 - data[place].bit_length() if place < len(data) else 9
    if length > 8 or place + length > len(data):
        raise NotOpus("This WebM is cut off, or none.")
    number, bits = int.from_bytes(data[place : place + length]), 7 * length
    if marked:
        return number, place + length
    number &= (1 << bits) - 1
    return (None if number == (1 << bits) - 1 else number), place + length


def _samples(packet: bytes) -> int:
    """How long a packet plays, in samples of 1/48000 s (RFC 6716, 3.1): how long
    its frames are, and how many, stands in its first byte.
    """
    kind, code = packet[0] >> 3, packet[0] & 3
    if kind < 12:
        length = (480, 960, 1920, 2880)[kind & 3]
    elif kind < 16:
        length = (480, 960)[kind & 1]
    else:
        length = (120, 240, 480, 960)[kind & 3]
    return length * (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[code]


def _segments(packets: Sequence[bytes]) -> int:
    return sum(len(packet) // 255 + 1 for packet in packets)


def _page(packets: Sequence[bytes], until: int, number: int, flags: int = 0) -> bytes:
    """One page; `until` is the time at its end, in samples. Raises NotOpus for a packet that no page holds."""
    if _segments(packets) > MOST_SEGMENTS:
        raise NotOpus("A packet of this WebM is too large for Opus.")
    table = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    before = b"OggS" + struct.pack("<BBqII", 0, flags, until, SERIAL, number)
    after = bytes([len(table)]) + table + b"".join(packets)
    return before + struct.pack("<I", _checksum(before + bytes(4) + after)) + after


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32 is zlib's with the bits of each byte, and of the sum, mirrored, and begun at nothing."""
    other_way = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{other_way:032b}"[::-1], 2)
