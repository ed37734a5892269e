"""What a file is by its own bytes."""

from __future__ import annotations

import pytest

from bandeja.channels.contract import Kind
from bandeja.media.sniff import HEAD, INLINE, is_page, kind_of, sniff
from bandeja.media.tests import remote as remotes

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "declared", "mime"),
    [
        (remotes.picture(), "text/html", "image/png"),
        (remotes.picture(form="JPEG"), "image/png", "image/jpeg"),
        (remotes.picture(form="WEBP"), "", "image/webp"),
        (remotes.SVG, "image/png", "image/svg+xml"),
        (b"<svg onload=alert(1)>", "image/png", "image/svg+xml"),
        (b"  \n<ns:svg xmlns:ns='http://www.w3.org/2000/svg'>", "image/gif", "image/svg+xml"),
        (remotes.PAGE, "image/png", "text/html"),
        (b"hi <script>alert(1)</script>", "text/csv", "text/html"),
        (b"<?xml version='1.0'?><data/>", "image/png", "text/xml"),
        (b"name,phone\nLia,1", "text/csv; charset=utf-8", "text/csv"),
        (b"alert(1)", "text/javascript", "text/plain"),
        ("año".encode(), "", "text/plain"),
        (("ñ" * HEAD).encode()[: HEAD], "", "text/plain"),
        (("a" + "ñ" * HEAD).encode(), "", "text/plain"),
        ("año".encode("utf-16"), "text/plain", "application/octet-stream"),
        (b"", "image/png", "application/octet-stream"),
        (remotes.PDF, "image/png", "application/pdf"),
        (b"%PDF-1.4", "text/html", "application/pdf"),
        (b"PK\x03\x04" + b"\x00" * 40, DOCX, DOCX),
        (b"PK\x03\x04" + b"\x00" * 40, "image/png", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 40, "application/msword", "application/msword"),
        (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 60, "audio/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftyp????" + b"\x00" * 60, "", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp9" + b"\x00" * 60, "", "video/3gpp"),
        (b"OggS" + b"\x00" * 60, "AUDIO/OGG; codecs=opus", "audio/ogg"),
        (b"#!AMR\n" + b"\x00" * 60, "audio/ogg", "audio/amr"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 60, "", "audio/wav"),
        (b"\x7fELF" + b"\x00" * 60, "image/png", "application/x-executable"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(head: bytes, declared: str, mime: str) -> None:
    assert sniff(head, declared) == mime


def test_what_could_run_is_never_shown_in_the_browser() -> None:
    for mime in ("text/html", "image/svg+xml", "text/xml", "application/pdf", "text/plain", "application/xhtml+xml"):
        assert mime not in INLINE


def test_a_declared_type_never_makes_a_file_showable_that_is_not() -> None:
    for head in (remotes.SVG, remotes.PAGE, b"alert(1)", b"PK\x03\x04", b"\x00\x01", remotes.PDF):
        for declared in INLINE:
            assert sniff(head, declared) not in INLINE


def test_files_are_sent_as_what_they_are() -> None:
    told = {"image/png": Kind.IMAGE, "video/mp4": Kind.VIDEO, "audio/ogg": Kind.AUDIO, "text/csv": Kind.DOCUMENT}
    assert {mime: kind_of(mime) for mime in told} == told
    assert kind_of("image/svg+xml") == Kind.DOCUMENT


def test_a_page_in_place_of_a_picture_is_known_for_one() -> None:
    assert is_page(sniff(remotes.PAGE))
    assert is_page(sniff(b'{"error": {}}', "application/json"))
    assert not is_page(sniff(remotes.SVG))
