"""The web process: the door and the streams as raw ASGI, every page as Django behind WSGI, on one port."""

import asyncio
import gc
import os
import re
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandeja.settings")
django_application = get_wsgi_application()

# These read settings, so they wait for Django.
from bandeja import bodies, database
from bandeja.channels.registry import CHANNELS
from bandeja.channels.webchat import visitor
from bandeja.intake.door import Door, open_door
from bandeja.intake.knock import HungUpError
from bandeja.link import connect_to
from bandeja.realtime.streams import Streams, open_streams

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PAGE_THREADS = 8
"""Pages answered at once; each thread keeps one connection to the database (settings, CONN_MAX_AGE)."""
FILE_THREADS = 8
"""Files handed out and long bodies taken at once, beside the pages: a few slow phones must not hold those up."""

STREAM = re.compile(r"/events(/visitor)?")
NOT_ASCII = re.compile(rb"[^\x21-\x7e]")


class Web:
    """The ASGI application: which part of the process answers which path."""

    def __init__(self) -> None:
        # Both are right about what they call and answer; their types merely name it differently.
        self._pages: Any = WSGIMiddleware(cast("Any", django_application), workers=PAGE_THREADS)
        self._files: Any = WSGIMiddleware(cast("Any", django_application), workers=FILE_THREADS)
        self._door: Door
        self._streams: Streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].startswith("/hooks/"):
            await self._door(scope, receive, send)
        elif STREAM.fullmatch(scope["path"]):
            await self._streams(scope, receive, send)
        else:
            await self._answer(_in_ascii(scope), receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, once what was sent is here or is known to be long."""
        sent = bodies.length(scope)
        if 0 < sent <= bodies.SHORT:
            try:
                receive = await bodies.whole(scope, receive)
            except TimeoutError:
                await bodies.answer_too_slow(send)
                return
            except HungUpError:
                return
        elif sent:
            receive = bodies.steady(receive)
        is_file = sent > bodies.SHORT or scope["path"].startswith("/media/")
        await (self._files if is_file else self._pages)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the door and the streams, wait for the end, and close them: what came in is stored first."""
        connect = connect_to(database.address())
        async with AsyncExitStack() as stack:
            await receive()
            self._door = await stack.enter_async_context(open_door(connect, CHANNELS))
            self._streams = await stack.enter_async_context(open_streams(connect, visitor.read))
            stack.enter_context(_on_stop(self._streams.end))
            spare_the_collector()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


@contextmanager
def _on_stop(act: Callable[[], None]) -> Iterator[None]:
    """Act as soon as the process is told to stop: the server first waits for open streams, so they must end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business; whoever runs us elsewhere ends us otherwise
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(act)
        then = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, then in before.items():
            signal.signal(number, then)


def spare_the_collector() -> None:
    """What is loaded by now stays for ever; walking it at every collection cost requests tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _in_ascii(scope: Scope) -> Scope:
    """Some clients send raw bytes after the question mark, and a2wsgi answers those with an error 500."""
    query: bytes = scope["query_string"]
    if NOT_ASCII.search(query):
        escaped = NOT_ASCII.sub(lambda found: quote_from_bytes(found[0]).encode(), query)
        return {**scope, "query_string": escaped}
    return scope


application = Web()
