"""What somebody wrote, in the parts that its channel takes: each a message of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bandeja.channels.contract import Kind
from bandeja.channels.sending import Limit, Sender

WHOLE = frozenset({"template", "location"})
"""Contents that are a message by themselves: neither cut nor joined with anything."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded to be sent. `file` and `thumb` are keys in the media storage, `size` is in bytes.

    `width` and `height` are pixels, None where there are none to speak of.
    """

    file: str
    kind: Kind
    mime: str
    name: str
    size: int
    thumb: str = ""
    width: int | None = None
    height: int | None = None


class FileRefused(Exception):
    """The channel does not take that file; `limit` is what it takes of its kind, None when nothing."""

    def __init__(self, upload: Upload, limit: Limit | None) -> None:
        super().__init__(f"The channel does not take {upload.name}.")
        self.upload, self.limit = upload, limit


@dataclass(frozen=True, slots=True)
class Part:
    """One message to be."""

    text: str = ""
    kind: Kind = Kind.TEXT
    data: Mapping[str, Any] = field(default_factory=dict)
    uploads: Sequence[Upload] = ()


def whole(text: str, data: Mapping[str, Any], uploads: Sequence[Upload]) -> Part:
    """All of it as one message: what a note is, and what a channel shows that nothing is sent to."""
    if "location" in data:
        return Part(text, Kind.LOCATION, data, uploads)
    return Part(text, uploads[0].kind if uploads else Kind.TEXT, data, uploads)


def parts(text: str, data: Mapping[str, Any], uploads: Sequence[Upload], sender: Sender) -> list[Part]:
    """In order: the text, cut as the channel wants it, then each file; a text beside one file is its caption.

    Buttons go with the end of the text. Raises FileRefused.
    """
    for upload in uploads:
        _require(upload, sender)
    is_caption = len(uploads) == 1 and len(text) <= sender.captions.get(uploads[0].kind, 0)
    if is_caption or data.keys() & WHOLE:
        return [whole(text, data, uploads)]
    said = [Part(piece) for piece in sender.split(text)] if text else []
    if said and data:
        said[-1] = Part(said[-1].text, data=data)
    return said + [Part(kind=upload.kind, uploads=[upload]) for upload in uploads]


def _require(upload: Upload, sender: Sender) -> None:
    limit = sender.limits.get(upload.kind)
    if limit is None or (limit.mimes and upload.mime not in limit.mimes) or upload.size > limit.largest:
        raise FileRefused(upload, limit)
