"""Voice from a browser's container into a channel's: packet by packet, and nothing that is none."""

from __future__ import annotations

import struct
import zlib

import pytest

from bandeja.media import ogg

HEAD = b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
UNKNOWN = b"\x01" + b"\xff" * 7
TWENTY_MS = b"\x78"
"""The first byte of a packet of one frame of 20 ms: 960 samples."""


def element(kind: str, content: bytes, size: bytes | None = None) -> bytes:
    return bytes.fromhex(kind) + (size or (len(content) | 0x10000000).to_bytes(4)) + content


def block(packet: bytes, *, track: int = 1, flags: int = 0x80) -> bytes:
    return element("a3", bytes([0x80 | track, 0, 0, flags]) + packet)


def webm(*blocks: bytes, head: bytes = HEAD) -> bytes:
    """As a browser writes it while it records: neither the segment's size nor the cluster's is known."""
    track = element("1654ae6b", element("ae", element("86", b"A_OPUS") + element("63a2", head)))
    cluster = element("1f43b675", element("e7", b"\x00") + b"".join(blocks), UNKNOWN)
    return element("1a45dfa3", b"\x42\x86\x81\x01\x42\x82\x84webm") + element("18538067", track + cluster, UNKNOWN)


def pages(file: bytes) -> list[tuple[int, int, bytes]]:
    """Flags, time and content of each page; a page's checksum is looked at bit by bit, as the standard has it."""
    found: list[tuple[int, int, bytes]] = []
    while file:
        flags, until, _serial, number, told = struct.unpack("<BqIII", file[5:26])
        assert (file[:4], number) == (b"OggS", len(found))
        end = 27 + file[26] + sum(file[27 : 27 + file[26]])
        assert told == slowly(file[:22] + bytes(4) + file[26:end])
        found.append((flags, until, file[27 + file[26] : end]))
        file = file[end:]
    return found


def slowly(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (0x04C11DB7 if total >> 31 else 0)) & 0xFFFFFFFF
    return total


def test_every_packet_is_copied_and_its_time_counted() -> None:
    packets = [TWENTY_MS + bytes([number]) * 40 for number in range(3)]
    head, tags, sound = pages(ogg.from_webm(webm(*map(block, packets))))
    assert head == (2, 0, HEAD)
    assert tags[2].startswith(b"OpusTags")
    assert sound == (4, 3 * 960, b"".join(packets))


def test_a_long_recording_goes_on_over_many_pages() -> None:
    packets = [TWENTY_MS + bytes(400)] * 1_000
    sound = pages(ogg.from_webm(webm(*map(block, packets))))[2:]
    assert b"".join(content for _, _, content in sound) == b"".join(packets)
    assert [flags for flags, _, _ in sound] == [0] * (len(sound) - 1) + [4]
    assert sound[-1][1] == 1_000 * 960


@pytest.mark.parametrize(
    ("packet", "samples"),
    [(b"\x00x", 480), (b"\x18x", 2_880), (b"\x60x", 480), (b"\x80x", 120), (b"\x79x", 1_920), (b"\x7b\x03x", 2_880)],
)
def test_a_packet_says_how_long_it_plays(packet: bytes, samples: int) -> None:
    assert pages(ogg.from_webm(webm(block(packet))))[-1][1] == samples


def test_a_block_in_a_group_counts_too_and_one_cut_off_at_the_end_is_left_out() -> None:
    grouped = element("a0", element("a1", b"\x81\x00\x00\x00" + TWENTY_MS + b"a"))
    cut = block(TWENTY_MS + b"b" * 50)[:-10]
    assert pages(ogg.from_webm(webm(grouped, cut)))[-1][2] == TWENTY_MS + b"a"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00" * 40,
        b"\x1a\x45\xdf\xa3",
        webm(),
        webm(block(b"x"), head=b"vorbis"),
        webm(block(TWENTY_MS + b"x"), block(TWENTY_MS + b"y", track=2)),
        webm(block(TWENTY_MS + b"x", flags=0x06)),
        webm(block(TWENTY_MS + bytes(70_000))),
        b"OggS" + bytes(100),
        zlib.compress(bytes(9_000)),
    ],
)
def test_what_holds_no_voice_is_refused(file: bytes) -> None:
    with pytest.raises(ogg.NotOpus):
        ogg.from_webm(file)
