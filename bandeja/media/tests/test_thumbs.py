"""Pictures made small: upright, without what they tell of who took them, and never at the price of the machine."""

from __future__ import annotations

import subprocess
import sys
import warnings
from io import BytesIO

import pytest
from PIL import Image

from bandeja.media.tests import remote as remotes
from bandeja.media.thumbs import EDGE, MOST_PIXELS, Thumb, thumb


def small(content: bytes, mime: str = "image/png") -> Thumb | None:
    return thumb(BytesIO(content), mime)


def opened(made: Thumb | None) -> Image.Image:
    assert made
    return Image.open(BytesIO(made.webp))


@pytest.mark.parametrize(
    ("size", "expected"), [((1600, 800), (400, 200)), ((800, 1600), (200, 400)), ((60, 40), (60, 40))]
)
def test_it_is_made_to_fit_and_never_larger(size: tuple[int, int], expected: tuple[int, int]) -> None:
    made = small(remotes.picture(*size))
    assert made
    assert (made.width, made.height) == size
    with opened(made) as picture:
        assert (picture.size, picture.format) == (expected, "WEBP")


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP", "PNG"])
def test_the_usual_kinds_have_one(form: str) -> None:
    assert small(remotes.picture(1000, 500, form), f"image/{form.lower()}")


@pytest.mark.parametrize(("orientation", "turned"), [(1, False), (3, False), (6, True), (8, True)])
def test_a_picture_taken_sideways_is_upright(orientation: int, turned: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = small(remotes.picture(2000, 1000, "JPEG", exif=exif), "image/jpeg")
    assert made
    assert (made.width, made.height) == ((1000, 2000) if turned else (2000, 1000))
    with opened(made) as picture:
        assert picture.size == ((EDGE // 2, EDGE) if turned else (EDGE, EDGE // 2))


def test_it_does_not_tell_where_the_picture_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Calle 1, casa de Ana"
    icc = b"profile of Ana's phone"
    for form in ("JPEG", "PNG", "WEBP"):
        content = remotes.picture(800, 800, form, exif=exif, icc_profile=icc)
        assert b"Ana" in content or form == "PNG"
        made = small(content, f"image/{form.lower()}")
        assert made
        assert b"Ana" not in made.webp
        with opened(made) as picture:
            assert not picture.getexif()
            assert "icc_profile" not in picture.info


def test_one_that_moves_is_still() -> None:
    frames = [Image.new("RGB", (50, 50), color) for color in ("red", "blue", "green")]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    with opened(small(file.getvalue(), "image/gif")) as picture:
        assert getattr(picture, "n_frames", 1) == 1
        red, _, blue = picture.convert("RGB").getpixel((25, 25))  # type: ignore[misc]  # an RGB picture answers three
        assert red > 200 > blue


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_way_of_keeping_colours_will_do(mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (500, 500)).save(file, "PNG")
    assert small(file.getvalue())


def test_a_printers_colours_will_do() -> None:
    file = BytesIO()
    Image.new("CMYK", (500, 500)).save(file, "JPEG")
    assert small(file.getvalue(), "image/jpeg")


@pytest.mark.parametrize(
    "content",
    [
        b"", remotes.picture()[:60], b"\x89PNG\r\n\x1a\n" + b"\xff" * 500, remotes.SVG, remotes.PAGE,
        remotes.picture(form="TIFF"), b"GIF89a" + b"\x00" * 50, b"\xff\xd8\xff" + b"\x00" * 50,
    ],
)  # fmt: skip
def test_what_is_broken_or_no_picture_has_none(content: bytes) -> None:
    for mime in ("image/png", "image/jpeg", "image/webp", "image/gif"):
        assert small(content, mime) is None


@pytest.mark.parametrize("mime", ["image/svg+xml", "video/mp4", "application/pdf", "image/tiff"])
def test_only_the_usual_kinds_are_opened_at_all(mime: str) -> None:
    assert small(remotes.picture(), mime) is None


@pytest.mark.parametrize("size", [(7_000, 7_000), (15_000, 15_000), (30_000, 30_000)])
def test_a_bomb_is_not_set_off(size: tuple[int, int]) -> None:
    """Pillow warns from 89 million pixels on and refuses from twice that; ours is the lower limit."""
    content = remotes.bomb(*size)
    assert len(content) < 500_000 < MOST_PIXELS < size[0] * size[1]
    with warnings.catch_warnings():
        warnings.simplefilter("default", Image.DecompressionBombWarning)
        with warnings.catch_warnings(record=True):
            assert small(content) is None


MEASURED = """
import sys
from io import BytesIO
from bandeja.media.tests import remote as remotes
from bandeja.media.thumbs import thumb
from resource import RUSAGE_SELF, getrusage
content = remotes.bomb(30_000, 30_000)
before = getrusage(RUSAGE_SELF).ru_maxrss
assert thumb(BytesIO(content), "image/png") is None
print(getrusage(RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_bomb_takes_no_memory() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURED], capture_output=True, check=True, text=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(told.stdout) * unit < 30 * 1024 * 1024
