"""Handing out a file: the bytes that are asked for, and nothing that could do harm in a browser.

It asks nobody whether they may have it: whoever calls this has. Agents come by way of `views`; visitors of web chat
will come by way of a view of the widget that knows them by their token, and calls `answer` all the same.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

from bandeja.channels.reading import line
from bandeja.conversations.models import Attachment
from bandeja.media import ranges
from bandeja.media.ranges import NotThere, Range
from bandeja.media.sniff import INLINE
from bandeja.media.storage import storage

THEIRS_ALONE = "private, no-cache"
"""Kept by the browser that asked, which asks each time whether it still may: leaving the team must tell."""
NOBODYS = "private, no-store"
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'"
"""Whatever a file turns out to be, it runs nothing and reaches nothing. `'unsafe-inline'` is for the bare page that
browsers wrap around a picture or a film."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is handed out: a key in the storage, and how it is described."""

    key: str
    size: int
    mime: str
    name: str
    etag: str


def whole(attachment: Attachment) -> Served:
    """The file of an attachment, under a name that ends as its type does when it came without one."""
    name = line(attachment.name.replace("\\", "/").rpartition("/")[2])
    ending = mimetypes.guess_extension(attachment.mime) or ""
    return Served(
        attachment.file,
        attachment.size or 0,
        attachment.mime,
        name or f"{attachment.kind}-{attachment.pk}{ending}",
        f'"{attachment.sha256 or attachment.pk}"',
    )


def small(attachment: Attachment) -> Served:
    """Its thumbnail. Raises Http404 when it has none."""
    if not attachment.thumb:
        raise Http404
    try:
        size = storage().size(attachment.thumb)
    except FileNotFoundError as error:
        raise Http404 from error
    return Served(
        attachment.thumb, size, "image/webp", f"{attachment.pk}.webp", f'"{attachment.sha256 or attachment.pk}-small"'
    )


def answer(request: HttpRequest, served: Served, *, cache: str = THEIRS_ALONE) -> HttpResponseBase:
    """The bytes that are asked for; 304 for what the browser has, 206 and 416 for parts (RFC 9110)."""
    response = _answer(request, served)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = cache
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["ETag"] = served.etag
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _answer(request: HttpRequest, served: Served) -> HttpResponseBase:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if served.etag in known or f"W/{served.etag}" in known or known == ["*"]:
        return HttpResponseNotModified()
    try:
        part = _part(request, served)
    except NotThere:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{served.size}"})
    span = part or Range(0, served.size - 1)
    response = _stream(request, served, span)
    response["Content-Length"] = str(span.size)
    response["Content-Disposition"] = _disposition(served)
    if part:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{served.size}"
    return response


def _part(request: HttpRequest, served: Served) -> Range | None:
    """The part asked for; all of it to whoever has a part of another version."""
    if request.headers.get("If-Range", served.etag) != served.etag:
        return None
    return ranges.asked(request.headers.get("Range", ""), served.size)


def _stream(request: HttpRequest, served: Served, span: Range) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(content_type=served.mime)
    return StreamingHttpResponse(_opened(served, span), content_type=served.mime)


def _opened(served: Served, span: Range) -> Iterator[bytes]:
    if not span.size:
        return iter(())
    try:
        return storage().stream(served.key, span.first, span.last)
    except FileNotFoundError as error:
        raise Http404 from error


def _disposition(served: Served) -> str:
    return content_disposition_header(served.mime not in INLINE, served.name) or "attachment"
