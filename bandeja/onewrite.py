"""uvicorn's HTTP protocol, except that what an answer consists of leaves in one piece.

uvicorn writes the head and the body of an answer separately, and uvloop sends each at once: two system calls and
two packets. At the door, where an answer is 11 bytes long, that was a third of all the work.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

AT_ONCE = 65_536
"""Bytes; more than this is not held back: it fills packets by itself, and flow control must see it."""


class OneWrite(HttpToolsProtocol):
    """For uvicorn's setting `http`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio's own transport, held
        super().connection_made(Held(transport, self.loop))  # type: ignore[arg-type]  # asyncio's own transport, held


class Held:
    """A transport that sends what is written during one turn of the loop at the end of that turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(part)
        if len(part) > AT_ONCE:
            self._send()

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            if not self._transport.is_closing():
                self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
