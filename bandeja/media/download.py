"""One file from where it is to where we keep it. Only HTTP and files: neither the database nor its clock."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO

import httpx

from bandeja.channels.contract import Kind
from bandeja.channels.fetching import (
    ALTERED,
    BROKEN,
    GONE,
    NOT_KEPT,
    PAGE,
    PRIVATE,
    SILENT,
    TOO_LARGE,
    Fetcher,
    Source,
    Trouble,
    refuse,
)
from bandeja.channels.sending import Line
from bandeja.guard import NotPublic
from bandeja.media import sniff, thumbs
from bandeja.media.storage import THUMB, Storage

log = logging.getLogger(__name__)

CHUNK = 64 * 1024
MOST_SECONDS = 300.0
"""For one file as a whole; less than a lease, or two workers would fetch the same at once."""
SHOWN = frozenset({Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.VOICE, Kind.STICKER})
"""Kinds that are never a page of text: where one comes in their place, it is an error's or a sign-in's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be fetched, as the channel told it. `sha256` is hexadecimal, empty when it was not told."""

    remote: str
    line: Line
    kind: str
    mime: str
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as we keep it, by its own bytes."""

    mime: str
    size: int
    sha256: str
    thumb: str = ""
    width: int | None = None
    height: int | None = None


def fetch(wanted: Wanted, fetcher: Fetcher, client: httpx.Client, *, storage: Storage, limit: int) -> Stored:
    """Fetch and keep one file of at most `limit` bytes. Raises Trouble; nothing is kept then."""
    try:
        with TemporaryFile() as file:
            digest = _download(wanted, fetcher, client, file, limit)
            if wanted.sha256 and digest != wanted.sha256:
                raise Trouble(ALTERED, most=5)
            return keep(file, wanted.key, digest, storage, declared=wanted.mime, kind=wanted.kind)
    except NotPublic as error:
        raise Trouble(PRIVATE, most=1) from error
    except httpx.HTTPError as error:
        raise Trouble(SILENT) from error
    except httpx.InvalidURL as error:
        raise Trouble(BROKEN, most=1) from error
    except OSError as error:
        log.exception("a file could not be kept")
        raise Trouble(NOT_KEPT) from error


def keep(file: BinaryIO, key: str, digest: str, storage: Storage, *, declared: str, kind: str) -> Stored:
    """Find out what the file is, and keep it and its thumbnail. Raises Trouble and OSError."""
    file.seek(0)
    mime = sniff.sniff(file.read(sniff.HEAD), declared)
    if kind in SHOWN and sniff.is_page(mime):
        raise Trouble(PAGE, most=5)
    size = file.seek(0, 2)
    small = thumbs.thumb(file, mime)
    storage.keep(key, file)
    if small is None:
        return Stored(mime, size, digest)
    storage.keep(key + THUMB, BytesIO(small.webp))
    return Stored(mime, size, digest, key + THUMB, small.width, small.height)


def _download(wanted: Wanted, fetcher: Fetcher, client: httpx.Client, file: BinaryIO, limit: int) -> str:
    """Write the bytes to `file`; answers their SHA-256. An address that died since it was told is asked for anew."""
    until = time.monotonic() + MOST_SECONDS
    source = fetcher.locate(wanted.remote, wanted.line, client)
    try:
        return _copy(source, client, file, limit, until)
    except Trouble as trouble:
        if trouble.sentence != GONE or not source.brief:
            raise
    return _copy(fetcher.locate(wanted.remote, wanted.line, client), client, file, limit, until)


def _copy(source: Source, client: httpx.Client, file: BinaryIO, limit: int, until: float) -> str:
    digest = hashlib.sha256()
    with client.stream("GET", source.url, headers=dict(source.headers)) as answer:
        refuse(answer.status_code)
        if int(answer.headers.get("Content-Length") or 0) > limit:
            raise Trouble(TOO_LARGE, most=1)
        for chunk in answer.iter_bytes(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            if file.tell() > limit:
                raise Trouble(TOO_LARGE, most=1)
            if time.monotonic() > until:
                raise Trouble(SILENT)
    return digest.hexdigest()
