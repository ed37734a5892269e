"""How tests listen: a stream opened straight on the ASGI application, read frame by frame."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo

from bandeja.channels.webchat import visitor
from bandeja.link import connect_to
from bandeja.realtime.bell import TIME
from bandeja.realtime.streams import Streams, open_streams

PATIENCE = 5.0


def address() -> str:
    """Where the tests' database answers."""
    about = connection.settings_dict
    told = {"dbname": about["NAME"], "user": about["USER"], "password": about["PASSWORD"]}
    return make_conninfo(**{**told, "host": about["HOST"], "port": about["PORT"] or None})


class Listener:
    """A page with an open stream. `close` is the page going away."""

    def __init__(self, streams: Streams, path: str, query: str, method: str = "GET", last: str = "") -> None:
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.last = last
        headers = [(b"last-event-id", last.encode())] if last else []
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
        self.task = asyncio.ensure_future(streams(scope, self._receive, self._said.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        return int((await self._next())["status"])

    async def body(self) -> bytes:
        """The next thing said; empty at the end."""
        said: bytes = (await self._next())["body"]
        return said

    async def hears(self) -> tuple[str, Any]:
        """The next event, and what it carries; pings and greetings are passed over."""
        while True:
            lines = dict(line.split(": ", 1) for line in (await self.body()).decode().splitlines() if line)
            self.last = lines.get("id", self.last)
            if "event" in lines:
                return lines["event"], json.loads(lines["data"])

    async def hears_nothing(self) -> bool:
        """Whether nothing has been said a moment later."""
        await asyncio.sleep(0.15)
        return self._said.empty()

    async def close(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, PATIENCE)

    async def _next(self) -> Any:
        return await asyncio.wait_for(self._said.get(), PATIENCE)


class Radio:
    """The streams of a process, with the bell ringing for them."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self._listeners: list[Listener] = []

    async def refused(self, path: str, query: str, method: str = "GET") -> int:
        listener = Listener(self.streams, path, query, method)
        status = await listener.status()
        await listener.task
        return status

    async def listen(self, path: str, query: str, last: str = "") -> Listener:
        """An open stream, after its greeting."""
        listener = Listener(self.streams, path, query, last=last)
        assert await listener.status() == 200
        assert (await listener.body()).startswith(b"retry: ")
        self._listeners.append(listener)
        return listener

    async def agent(self, token: str) -> Listener:
        """The stream of a page that knows of no instant, after it was told to look at everything."""
        listener = await self.listen("/events", f"token={token}")
        assert await listener.hears() == ("resync", {})
        return listener

    async def page(self, token: str, since: object, last: str = "") -> Listener:
        """The stream of a page that was made then, or came back with the last mark it heard."""
        return await self.listen("/events", f"token={token}&since={since}", last)

    async def visitor(self, external_id: str, token: str) -> Listener:
        return await self.listen("/events/visitor", f"token={token}&account={external_id}")

    async def ring(self, workspaces: Iterable[int], conversations: Iterable[int] | str) -> None:
        named = conversations if isinstance(conversations, str) else list(conversations)
        await self.notify(json.dumps({"w": list(workspaces), "c": named}))

    async def notify(self, payload: str, channel: str = "bandeja") -> None:
        async with await connect_to(address())() as other:
            await other.execute("select pg_notify(%s, %s)", [channel, payload])

    async def close(self) -> None:
        for listener in self._listeners:
            await listener.close()


@asynccontextmanager
async def a_radio() -> AsyncIterator[Radio]:
    async with open_streams(connect_to(address()), visitor.read) as streams:
        await _until_it_listens(streams)
        radio = Radio(streams)
        try:
            yield radio
        finally:
            await radio.close()


async def _until_it_listens(streams: Streams) -> None:
    """Until the bell has told those who were there before that it was deaf: who comes now is not told so twice."""
    for _ in range(500):
        if streams.watch.is_set:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the bell does not listen")


EAR = f"from pg_stat_activity where query = '{TIME}' and datname = current_database()"
