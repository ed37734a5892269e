"""What is sent to a page, read before a thread is given to it: whoever sends slowly keeps nobody else waiting.

Pages are answered by a handful of threads, and one that waits for bytes answers nobody. So what is short is read
here, where waiting costs nothing; what is long, which is files, goes to threads of its own, and must keep coming.
And what breaks off half-way is nothing: a2wsgi takes the sender's leaving for the end, and Django half a form for a
whole one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bandeja.intake.knock import Message, Receive, Scope, Send, read_bytes

SHORT = 256 * 1024
"""Bytes; up to here it is held in memory, whoever sends it."""
PATIENCE = 30.0
"""Seconds for all of what is short, and between one piece and the next of what is long."""


def length(scope: Scope) -> int:
    """How many bytes the head says will follow; without that word Django reads none."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else 0


async def whole(scope: Scope, receive: Receive, patience: float = PATIENCE) -> Receive:
    """Read what is short; answers a `receive` that says it again. Raises TimeoutError, HungUpError."""
    async with asyncio.timeout(patience):
        body = await read_bytes(dict(scope["headers"]), receive, SHORT)
    said: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        return next(said, None) or await receive()

    return again


def steady(receive: Receive, patience: float = PATIENCE) -> Receive:
    """The same, but that what does not come, in time or at all, is an OSError: to Django, a body it cannot read."""
    is_over = False

    async def in_time() -> Message:
        nonlocal is_over
        if is_over:
            return await receive()
        async with asyncio.timeout(patience):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the sender left before it had said everything")
        is_over = not message.get("more_body", False)
        return message

    return in_time


async def answer_too_slow(send: Send) -> None:
    """Say 408 and hang up: what may still come belongs to nothing."""
    text = b"What you sent did not arrive in time.\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": text})
