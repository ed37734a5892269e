"""Pictures made small. Nothing of the original is passed on but what is seen of it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps

log = logging.getLogger(__name__)

EDGE = 400
"""The longest side of a thumbnail, in pixels."""
MOST_PIXELS = 40_000_000
"""Pictures of more are not opened: a file of a few kilobytes may unfold to gigabytes. Phones make up to 200 million,
but hand on far fewer by these channels."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MADE_FROM = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/apng"})

_one_at_a_time = threading.Semaphore()
"""Each takes up to some hundred megabytes while it is made."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture made small, as WebP, and how wide and high the original is shown."""

    webp: bytes
    width: int
    height: int


def thumb(file: BinaryIO, mime: str) -> Thumb | None:
    """The thumbnail of a picture, upright, its first frame when it moves; None when there is none to be had."""
    if mime not in MADE_FROM:
        return None
    file.seek(0)
    try:
        with _one_at_a_time:
            return _made(file)
    except Exception as error:  # noqa: BLE001  Pillow's decoders raise whatever a broken file leads them to
        log.info("no thumbnail", extra={"error": f"{type(error).__name__}: {error}"})
        return None


def _made(file: BinaryIO) -> Thumb | None:
    with Image.open(file, formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            return None
        turned = opened.getexif().get(0x0112, 1) in {5, 6, 7, 8}  # read before draft() scales it down
        width, height = (opened.height, opened.width) if turned else opened.size
        opened.draft("RGB", (EDGE * 2, EDGE * 2))
        picture = ImageOps.exif_transpose(opened)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((EDGE, EDGE))
    small = BytesIO()
    picture.save(small, "WEBP", quality=75, exif=b"", icc_profile=b"", xmp=b"")
    return Thumb(small.getvalue(), width, height)
