"""One stream as HTTP: Server-Sent Events until either side has had enough."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from bandeja.realtime.clients import Client

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PING_EVERY = 15.0
"""Seconds; proxies cut a connection that is silent for a minute, some after thirty seconds."""

# A visitor's page is on another site. An agent's token is not a cookie: another site has none to send.
ANY_SITE = (b"access-control-allow-origin", b"*")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    ANY_SITE,
]


@dataclass(frozen=True)
class RefusedError(Exception):
    """A stream that is not opened: the status, a word for programs, a sentence for people."""

    status: int
    error: str
    detail: str


async def refuse(send: Send, refused: RefusedError) -> None:
    body = json.dumps({"error": refused.error, "detail": refused.detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), ANY_SITE]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def stream(client: Client, receive: Receive, send: Send) -> None:
    """Tell the client what it is to hear until it leaves or ends."""
    leaving = asyncio.create_task(_left(receive))
    leaving.add_done_callback(lambda _: client.end())
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        # Spread out, so that a restart is not followed by every page in the same instant.
        await _say(send, b"retry: %d\n\n" % random.randint(1000, 4000))  # noqa: S311  not a secret
        while frames := await client.hear(PING_EVERY):
            await _say(send, frames)
        await send({"type": "http.response.body", "body": b""})
    finally:
        leaving.cancel()


async def _say(send: Send, frames: bytes) -> None:
    await send({"type": "http.response.body", "body": frames, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
