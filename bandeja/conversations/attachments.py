"""The files that came with a message, as the rows that wait to be fetched. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from bandeja.channels.contract import Media
from bandeja.channels.fetching import GONE
from bandeja.channels.reading import clean, line
from bandeja.conversations.models import FileState


class File(msgspec.Struct):
    """A file as it is joined with its message: what an Attachment begins with."""

    position: int
    kind: str
    mime: str
    name: str
    sha256: str
    remote: str
    is_url: bool
    state: str
    error: str


def files(media: Sequence[Media]) -> list[File]:
    """One for each, in order: what may only be referred to is never fetched, and without an id it is lost."""
    return [_file(position, each) for position, each in enumerate(media)]


def _file(position: int, media: Media) -> File:
    state, error = _beginning(media)
    return File(
        position=position,
        kind=media.kind.value,
        mime=line(media.mime),
        name=line(media.name),
        sha256=hexadecimal(media.sha256),
        remote=clean(media.remote),
        is_url=media.is_url,
        state=state.value,
        error=error,
    )


def _beginning(media: Media) -> tuple[FileState, str]:
    if not media.keep:
        return FileState.REFERRED, ""
    return (FileState.WAITING, "") if media.remote else (FileState.FAILED, GONE)


def hexadecimal(told: str) -> str:
    """A SHA-256 as channels tell it, base64 or hexadecimal, in the latter; empty when it is neither."""
    try:
        raw = bytes.fromhex(told) if len(told) == 64 else base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return raw.hex() if len(raw) == 32 else ""
