"""Messages and files to send, for the tests of all three channels."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from bandeja.channels.contract import Identity, Kind
from bandeja.channels.sending import File, Line, Outbound

HANDLE = "8d8a7c1e-0000-4000-8000-000000000001"


def line(external_id: str, **config: Any) -> Line:
    return Line(7, external_id, config, "EAAB-token", "")


def a_file(kind: Kind, mime: str, *, name: str = "foto.jpg", size: int = 5, url: str = "", remote: str = "") -> File:
    return File(kind, mime, name, size, lambda: BytesIO(b"bytes"), url, remote)


def message(line: Line, to: Identity, text: str = "", data: Mapping[str, Any] | None = None, **more: Any) -> Outbound:
    more.setdefault("handle", HANDLE)
    if more.get("file"):
        more.setdefault("kind", more["file"].kind)
    return Outbound(line=line, to=to, text=text, data=data or {}, **more)
