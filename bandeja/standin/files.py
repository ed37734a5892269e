"""Files: what a few first bytes say of their type, and samples made here to play with."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable

from PIL import Image, ImageDraw

MAGIC = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"WAVE", 8, "audio/wav"),
    (b"AVI ", 8, "video/x-msvideo"),
    (b"ftyp3g", 4, "video/3gpp"),
    (b"ftypM4A", 4, "audio/mp4"),
    (b"ftypqt", 4, "video/quicktime"),
    (b"ftyp", 4, "video/mp4"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf1", 0, "audio/aac"),
    (b"\xff\xf9", 0, "audio/aac"),
    (b"#!AMR", 0, "audio/amr"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"%PDF", 0, "application/pdf"),
)
ALIKE = {
    "audio/mp4": {"video/mp4"},
    "audio/x-m4a": {"audio/mp4"},
    "audio/x-wav": {"audio/wav"},
    "video/ogg": {"audio/ogg"},
}
SILENCE = b"\xf8\xff\xfe"  # one Opus frame of 20 ms


def sniffed(data: bytes) -> str:
    """The type that the first bytes tell; empty when they tell none."""
    return next((mime for magic, at, mime in MAGIC if data[at : at + len(magic)] == magic), "")


def is_what_it_says(mime: str, data: bytes) -> bool:
    """Whether an image, audio or video is of the type it claims; documents may hold anything."""
    base = mime.partition(";")[0]
    if not base.startswith(("image/", "audio/", "video/")):
        return True
    found = sniffed(data)
    return found == base or found in ALIKE.get(base, set())


def is_animated(data: bytes) -> bool:
    """Whether a WebP has several frames."""
    return b"ANIM" in data[:64]


def picture(kind: str = "JPEG", hue: int = 150, size: tuple[int, int] = (640, 420)) -> bytes:
    """A bicycle, more or less."""
    image = Image.new("RGB", size, (hue, 200, 235))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, size[0], size[1]), fill=(90, 130, 80))
    for x in (170, 450):
        draw.ellipse((x - 90, 200, x + 90, 380), outline=(40, 40, 50), width=9)
    draw.line((170, 290, 270, 170, 400, 170, 450, 290, 300, 290, 270, 170), fill=(190, 40, 50), width=10)
    draw.line((400, 170, 385, 120, 430, 115), fill=(40, 40, 50), width=9)
    written = io.BytesIO()
    image.save(written, kind)
    return written.getvalue()


def sticker() -> bytes:
    """A face, as WebP with a transparent ground."""
    image = Image.new("RGBA", (256, 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((16, 16, 240, 240), fill=(250, 205, 70))
    draw.ellipse((80, 85, 105, 120), fill=(50, 40, 20))
    draw.ellipse((150, 85, 175, 120), fill=(50, 40, 20))
    draw.arc((70, 95, 186, 190), 20, 160, fill=(50, 40, 20), width=10)
    written = io.BytesIO()
    image.save(written, "WEBP")
    return written.getvalue()


def tone(seconds: float = 1.5, hertz: float = 440.0) -> bytes:
    """A note that can be heard, as WAV (8 kHz, 16 bits, mono)."""
    rate = 8000
    steps = range(int(rate * seconds))
    waves = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * hertz * step / rate))) for step in steps)
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(waves), b"WAVE")
        + shape
        + struct.pack("<4sI", b"data", len(waves))
        + waves
    )


def voice(seconds: float = 2.0) -> bytes:
    """A voice note in which nobody speaks: Opus in Ogg (RFC 7845), mono."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"bandeja" + struct.pack("<I", 0)
    frames = int(seconds * 50)
    pages = [_ogg_page([head], 0, 0, 2), _ogg_page([tags], 0, 1, 0)]
    for start in range(0, frames, 50):
        some = min(50, frames - start)
        is_last = 4 if start + some >= frames else 0
        pages.append(_ogg_page([SILENCE] * some, (start + some) * 960, 2 + start // 50, is_last))
    return b"".join(pages)


def _ogg_page(packets: list[bytes], position: int, number: int, flags: int) -> bytes:
    """One page (RFC 3533); its checksum is counted with the field empty."""
    sizes = bytes(len(packet) for packet in packets)
    before = struct.pack("<4sBBqII", b"OggS", 0, flags, position, 28, number)
    after = bytes([len(sizes)]) + sizes + b"".join(packets)
    return before + struct.pack("<I", _ogg_sum(before + bytes(4) + after)) + after


def _ogg_sum(data: bytes) -> int:
    """CRC-32 with polynomial 0x04c11db7, neither reflected nor inverted."""
    total = 0
    for byte in data:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1) ^ (0x04C11DB7 if total & 0x80000000 else 0)
        total &= 0xFFFFFFFF
    return total


def video() -> bytes:
    """The beginning of an MP4, which is all that anybody looks at here; it does not play."""
    return struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"mp42", 0, b"mp42", b"isom") + struct.pack(">I4s", 8, b"mdat")


def document(text: str = "Cotizacion 4417") -> bytes:
    """A PDF of one page."""
    drawn = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("ascii", "replace")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    xref = b"xref\n0 6\n0000000000 65535 f \n" + table
    return written + xref + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(written)


SAMPLES: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "image": ("image/jpeg", "bicicleta.jpg", picture),
    "voice": ("audio/ogg; codecs=opus", "nota.ogg", voice),
    "audio": ("audio/wav", "nota.wav", tone),
    "video": ("video/mp4", "video.mp4", video),
    "document": ("application/pdf", "cotizacion.pdf", document),
    "file": ("application/pdf", "cotizacion.pdf", document),
    "sticker": ("image/webp", "sticker.webp", sticker),
}
