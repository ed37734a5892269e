"""Reads what a sender says at the door: its token and its body, within limits, and nothing else."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from bandeja.intake import refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class HungUpError(Exception):
    """The sender left before it had said everything."""


def bearer_token(headers: Mapping[bytes, bytes]) -> str:
    """The token of the Authorization header; raises RefusedError when there is none or it cannot be one."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        raise refusal.no_token()
    if not token.isascii():
        raise refusal.bad_token()
    return token.decode("ascii")


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes of JSON by its header; raises RefusedError or HungUpError."""
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise refusal.wrong_type()
    return await read_bytes(headers, receive, limit)


async def read_bytes(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The whole body whatever its header calls it, at most `limit` bytes; raises RefusedError or HungUpError."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise refusal.too_large(limit)
    parts: list[bytes] = []
    held = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUpError
        part = message.get("body", b"")
        held += len(part)
        if held > limit:
            raise refusal.too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return part if len(parts) == 1 else b"".join(parts)
