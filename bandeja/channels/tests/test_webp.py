"""A WebP tells its sides, and whether it moves, before it is decoded; what is none tells nothing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bandeja.channels import webp


def encoded(width: int, height: int, mode: str = "RGB", **more: Any) -> bytes:
    into = BytesIO()
    Image.new(mode, (width, height)).save(into, "WEBP", **more)
    return into.getvalue()


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (encoded(512, 300), b"VP8 "),
        (encoded(512, 300, lossless=True), b"VP8L"),
        (encoded(512, 300, "RGBA", quality=50), b"VP8X"),
    ],
)
def test_a_still_picture_of_each_form_tells_its_sides(content: bytes, form: bytes) -> None:
    assert content[12:16] == form
    assert webp.read(content[: webp.HEAD]) == webp.Picture(512, 300)


def test_one_that_moves_says_so() -> None:
    frames = [Image.new("RGB", (16_000, 3), (n, n, n)) for n in range(0, 200, 90)]
    moving = encoded(16_000, 3, save_all=True, append_images=frames)
    assert webp.read(moving[: webp.HEAD]) == webp.Picture(16_000, 3, moves=True)


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", encoded(9, 9)[:29], b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 40, b"\x89PNG" * 20]
)
def test_what_is_no_webp_tells_nothing(content: bytes) -> None:
    assert webp.read(content) is None
