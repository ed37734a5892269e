"""How tests knock: requests straight to the ASGI application, and a look at what was stored."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from psycopg.conninfo import make_conninfo

from bandeja.channels.models import Account
from bandeja.channels.registry import CHANNELS
from bandeja.channels.webchat import visitor
from bandeja.intake.door import Door, open_door
from bandeja.link import Connect, connect_to

T = TypeVar("T")

HELLO = b'{"id": "1", "text": "Hola"}'


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


def address() -> str:
    """Where the tests' database answers; the door has connections of its own."""
    about = connection.settings_dict
    told = {"dbname": about["NAME"], "user": about["USER"], "password": about["PASSWORD"]}
    return make_conninfo(**{**told, "host": about["HOST"], "port": about["PORT"] or None})


@asynccontextmanager
async def a_door(connect: Connect | None = None) -> AsyncIterator[Door]:
    async with open_door(connect or connect_to(address()), CHANNELS) as door:
        yield door


def at_the_door(act: Callable[[Door], Awaitable[T]]) -> T:
    """What `act` answers, with a door of its own."""

    async def run() -> T:
        async with a_door() as door:
            return await act(door)

    return asyncio.run(run())


async def knock(
    door: Door,
    path: str,
    body: bytes | Sequence[bytes] = HELLO,
    *,
    token: str | None = None,
    method: str = "POST",
    content_type: str = "application/json",
    headers: Sequence[tuple[bytes, bytes]] = (),
    query: str = "",
) -> Answer:
    """One request; a list of bytes arrives in pieces, without saying how many there will be."""
    parts = [body] if isinstance(body, bytes) else list(body)
    arriving = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    arriving[-1]["more_body"] = False
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    told = [(b"content-type", content_type.encode()), *headers]
    if token is not None:
        told.append((b"authorization", f"Bearer {token}".encode("latin-1")))
    about = {"type": "http", "method": method, "path": path, "headers": told, "query_string": query.encode()}
    await door(about, receive, send)
    start, *rest = said
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(part["body"] for part in rest),
    )


def path_of(account: Account) -> str:
    return f"/hooks/{account.channel}/{account.external_id}"


def a_visitor(account: Account) -> str:
    """The token of a new visitor of this account."""
    return visitor.make(account.external_id)[1]
