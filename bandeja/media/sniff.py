"""What a file is by its own bytes; what others say it is decides nothing that could do harm. Pure."""

from __future__ import annotations

import re

import filetype

from bandeja.channels.contract import Kind

HEAD = 8192
"""Bytes that tell what a file is."""

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
HTML = "text/html"
SVG = "image/svg+xml"

# As browsers sniff it (https://mimesniff.spec.whatwg.org), and a little wider: these only ever make it worse.
PAGE = re.compile(
    rb"<(!doctype\s+html|html|head|body|script|iframe|style|title|div|p|br|h1|a|table|font)[\s>/]", re.IGNORECASE
)
DRAWING = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
XML = re.compile(rb"^\s*(\xef\xbb\xbf)?<\?xml")

AKIN: dict[str, frozenset[str]] = {
    "video/mp4": frozenset({"audio/mp4", "audio/m4a", "audio/x-m4a"}),
    "video/webm": frozenset({"audio/webm"}),
    "video/3gpp": frozenset({"audio/3gpp"}),
    "audio/ogg": frozenset({"audio/opus", "video/ogg"}),
    TEXT: frozenset({"text/csv", "text/vcard", "text/x-vcard", "text/calendar", "application/json"}),
    "application/zip": frozenset(
        {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.oasis.opendocument.text",
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/epub+zip",
        }
    ),
    "application/x-ole-storage": frozenset(
        {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
    ),
}
"""What its bytes cannot tell apart: among these alone the declared type is believed, for none is worse."""

SAME = {"audio/x-wav": "audio/wav", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "image/jpg": "image/jpeg"}
"""One name for each type."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

INLINE = frozenset(
    {
        *("image/jpeg", "image/png", "image/apng", "image/gif", "image/webp"),
        *("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/webm", "audio/wav"),
        *("audio/amr", "audio/3gpp", "video/mp4", "video/webm", "video/ogg", "video/3gpp", "video/quicktime"),
    }
)
"""What a browser may show in its own window. Not PDF: the sandbox it is served in stops the readers of browsers."""


def sniff(head: bytes, declared: str = "") -> str:
    """The MIME type of a file that begins with `head`, in lower case and without parameters."""
    declared = declared.partition(";")[0].strip().lower()
    found = _found(head[:HEAD])
    chosen = declared if declared in AKIN.get(found, ()) else found
    return SAME.get(chosen, chosen)


def _found(head: bytes) -> str:
    if known := filetype.guess_mime(head):
        return str(known)
    if head.startswith(OLE):
        return "application/x-ole-storage"
    if head[4:8] == b"ftyp":  # the makers of phones invent brands faster than anybody lists them
        return "video/3gpp" if head[8:10] == b"3g" else "video/mp4"
    return _text(head)


def _text(head: bytes) -> str:
    if not _is_text(head):
        return UNKNOWN
    if DRAWING.search(head):
        return SVG
    if PAGE.search(head):
        return HTML
    return "text/xml" if XML.match(head) else TEXT


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(head) == HEAD  # cut within a letter
    return True


def kind_of(mime: str) -> Kind:
    """As what a file of this type is sent."""
    family = mime.partition("/")[0]
    if mime == SVG:
        return Kind.DOCUMENT
    return {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.AUDIO}.get(family, Kind.DOCUMENT)


def is_page(mime: str) -> bool:
    """Whether it is what a server says instead of a picture or a recording: an error, a sign-in."""
    return mime in {HTML, TEXT, "text/xml", "application/json"}
