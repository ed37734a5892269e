"""The stand-in as an ASGI application: Graph, the files Meta keeps, and the control API under `/_standin/`."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn

from bandeja.standin import control, errors, graph, mishaps
from bandeja.standin.clock import Agenda, Clock
from bandeja.standin.post import Post
from bandeja.standin.state import Received, State
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import Missing, World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATIENCE = 120.0  # seconds that a call whose answer is withheld is kept
LOCAL = {"127.0.0.1", "localhost", "::1"}
LARGEST = 110 * 1024 * 1024


class Standin:
    """The application. `base` is the address it is reached at; `speed` and `latency` are where reset returns to."""

    def __init__(self, base: str, speed: float = 1.0, latency: float = 0.0) -> None:
        self._base, self._speed, self._latency = base.rstrip("/"), speed, latency
        self._state: State

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        request = await _read(scope, receive)
        try:
            reply = await self._answer(request)
        except mishaps.Silence as silence:
            if silence.cut:
                _cut(send)
            await _until_gone(receive)
            return
        await _write(reply, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with httpx.AsyncClient(trust_env=False) as client:
            clock = Clock(self._speed)
            agenda = Agenda(clock)
            self._state = State(Post(World(self._base, clock, self._latency), agenda, client), self._speed)
            running = asyncio.create_task(agenda.run())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/_standin/"):
            return await self._controlled(request)
        if request.path in {"/whatsapp_business/attachments/", "/cdn/"}:
            return _file(self._state.post.world, request)
        return await self._graph(request)

    async def _controlled(self, request: Request) -> Answer:
        if _is_a_web_page(request):
            return answer({"error": "The control API is for programs of this machine, and speaks JSON."}, status=403)
        try:
            return await control.answered(self._state, request)
        except Missing as missing:
            return answer({"error": str(missing)}, status=404)
        except (KeyError, TypeError, ValueError) as error:
            return answer({"error": f"{type(error).__name__}: {error}"}, status=422)
        except errors.GraphError as error:
            return Answer(error.status, error.body(), {"content-type": "application/json"})

    async def _graph(self, request: Request) -> Answer:
        """A Graph call, with what was arranged to go wrong; every one is remembered."""
        mishap = self._state.next_mishap(request)
        told = Received(self._state.post.world.now, request.method, request.path, dict(request.query), request.bearer)
        self._state.received.append(told)
        try:
            told.body = request.given
            if mishap and not mishap.kind.is_after:
                reply = mishap.happen()
            else:
                reply = await graph.call(self._state.post, request)
                told.accepted = True
                reply = mishap.happen() if mishap else reply
        except errors.GraphError as error:
            reply = Answer(
                error.status, error.body(), {"content-type": "application/json; charset=UTF-8", **error.headers}
            )
        told.status = reply.status
        reply.headers |= {"x-fb-request-id": secrets.token_urlsafe(8), "x-fb-trace-id": secrets.token_urlsafe(8)}
        reply.headers |= {"facebook-api-version": "v26.0"}
        return reply


def _is_a_web_page(request: Request) -> bool:
    """Whether a page may have a browser here call us: by a form, or by a name of its own that leads here."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return host not in LOCAL or (request.method == "POST" and kind != "application/json")


def _file(world: World, request: Request) -> Answer:
    """A file by its address, while it is good; WhatsApp's only with a token that may see it."""
    media_id, until = world.links.get(request.query.get("hash", ""), ("", 0.0))
    media = world.media.get(media_id)
    if media is None or world.now >= until or request.query.get("mid") != media_id:
        return Answer(404, b"", {"content-type": "text/plain"})
    if request.path != "/cdn/":
        token = world.tokens.get(request.bearer)
        line = world.lines.get(media.line)
        if token is None or token.dead or line is None or not {line.id, line.owner} & token.subjects:
            return Answer(404, b"", {"content-type": "text/plain"})
    return Answer(200, media.data, {"content-type": media.mime})


async def _read(scope: Scope, receive: Receive) -> Request:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > LARGEST:
            break
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    return Request(scope["method"], scope["path"], query, headers, bytes(body))


async def _write(reply: Answer, send: Send) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _cut(send: Send) -> None:
    """Reset the connection. ASGI has no word for it, so this knows that uvicorn's `send` belongs to its transport."""
    transport = cast("Any", send).__self__.transport
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _until_gone(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while (await receive())["type"] != "http.disconnect":
                pass


def serve(port: int, *, speed: float = 1.0, latency: float = 0.8) -> None:
    """Run it on this machine's own address until told to stop."""
    application = Standin(f"http://127.0.0.1:{port}", speed, latency)
    uvicorn.run(
        cast("Any", application),
        host="127.0.0.1",
        port=port,
        loop="asyncio",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
