"""The doorbell: raw ASGI streams that say *what* changed; the page then fetches it by the ordinary view.

`/events?token=&since=` is an agent's and hears its workspace, and words to that agent, from the instant on when its
page was made or the last frame it has; `/events/visitor?token=&account=` is a visitor's and hears their own
conversation only.
"""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable, Collection, Hashable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import psycopg

from bandeja.conversations.bell import BELL
from bandeja.link import Connect, Link
from bandeja.people.sessions import OUT_BELL
from bandeja.realtime import tokens
from bandeja.realtime.agents import Agents
from bandeja.realtime.bell import Bell, Ring
from bandeja.realtime.clients import CHANGED, RESYNC, Client, Rooms
from bandeja.realtime.past import Past, Watch
from bandeja.realtime.stream import Receive, RefusedError, Scope, Send, refuse, stream
from bandeja.realtime.visitors import Newcomers, Visitor, find
from bandeja.realtime.word import WORDS, Word

LONGEST = 20
"""Digits of a `since`: more than any instant has."""

ReadVisitor = Callable[[str, str], str | None]
"""Whose visitor's token this is, on the account with this external id; None when it is nobody's."""


class Streams:
    """The ASGI application at `/events` and `/events/visitor`."""

    def __init__(self, link: Link, read_visitor: ReadVisitor) -> None:
        self._link, self._read_visitor = link, read_visitor
        self._rooms = Rooms()
        self.watch, self._past = Watch(), Past()
        self.newcomers = Newcomers(link, self._begin)
        self.agents = Agents(link)
        self._closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = Client()
        try:
            await self._admit(client, scope)
            await stream(client, receive, send)
        except RefusedError as refused:
            await refuse(send, refused)
        finally:
            self._rooms.leave(client)
            self.newcomers.leave(client)
            self.agents.leave(client)

    async def _admit(self, client: Client, scope: Scope) -> None:
        """Let a client into the rooms it may hear; raises RefusedError."""
        if scope["method"] != "GET":
            raise RefusedError(405, "wrong_method", "Streams are opened with GET.")
        if self._closing:
            raise RefusedError(503, "closing", "This server is going away; come again.")
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        token = asked.get("token", "")
        if not token:
            raise RefusedError(401, "no_token", "A stream is opened with ?token=.")
        if scope["path"] == "/events/visitor":
            await self._admit_visitor(client, token, asked.get("account", ""))
        else:
            await self._admit_agent(client, token, _last_heard(scope) or asked.get("since", ""))

    async def _admit_agent(self, client: Client, token: str, since: str) -> None:
        passed = tokens.read(token)
        if passed is None:
            raise RefusedError(403, "bad_token", "This token was not made here, or its time has passed.")
        client.until = passed.until
        try:
            alive = await self.agents.admit(client, passed)
        except psycopg.Error as error:
            raise RefusedError(503, "no_database", "Not reachable now; come again.") from error
        if not alive:
            raise RefusedError(403, "ended", "This session has ended.")
        rooms = [("agents", passed.workspace_id), ("agent", passed.agent_id)]
        client.ping = lambda: _mark(self.watch.read())
        for frame in self._missed(rooms, since):
            client.tell(frame)
        for room in rooms:
            self._rooms.join(room, client)

    def _missed(self, rooms: Collection[Hashable], since: str) -> Collection[bytes]:
        """What was said in these rooms since, in microseconds since 1970; all of it may be new where nobody knows."""
        at = int(since) / 1e6 if since.isascii() and since.isdigit() and len(since) < LONGEST else math.nan
        known = self._past.since(rooms, at, self.watch.read())
        return [RESYNC] if known is None else known

    async def _admit_visitor(self, client: Client, token: str, external_id: str) -> None:
        name = self._read_visitor(token, external_id)
        if name is None:
            raise RefusedError(403, "bad_token", "This token does not belong to this account.")
        visitor = await self._find(external_id, name)
        self._rooms.join(("visitors", visitor.workspace_id), client)
        if visitor.conversation_id is None:
            self.newcomers.wait(client, visitor)
        else:
            self._rooms.join(("conversation", visitor.conversation_id), client)

    async def _find(self, external_id: str, name: str) -> Visitor:
        try:
            visitor = await find(self._link, external_id, name)
        except psycopg.Error as error:
            raise RefusedError(503, "no_database", "Not reachable now; come again.") from error
        if visitor is None:
            raise RefusedError(404, "no_account", "There is no connected account at this address.")
        return visitor

    def _begin(self, client: Client, conversation_id: int) -> None:
        """The conversation a visitor waited for has begun."""
        self._rooms.join(("conversation", conversation_id), client)
        client.tell(CHANGED)

    def hear(self, ring: Ring) -> None:
        """Pass a ring on to whom it concerns."""
        frame = _changed(ring)
        for workspace_id in ring.workspace_ids:
            self._say(("agents", workspace_id), frame)
            if ring.conversation_ids is None:
                self._rooms.tell(("visitors", workspace_id), CHANGED)
        for conversation_id in ring.conversation_ids or ():
            self._rooms.tell(("conversation", conversation_id), CHANGED)
        for conversation_id in ring.gone:
            # Their visitors' pages come again by themselves, and are let in where their conversation is now.
            for client in self._rooms.members(("conversation", conversation_id)):
                client.end()
        self.newcomers.look(ring.workspace_ids)

    def pass_on(self, word: Word) -> None:
        """Say a word to the agents it is for, and to nobody else."""
        for agent_id in word.agent_ids:
            self._say(("agent", agent_id), word.frame)

    def _say(self, room: Hashable, frame: bytes) -> None:
        """Tell those who are there, and those who come soon."""
        at = self.watch.read()
        marked = _mark(at)[:-1] + frame
        self._past.keep(room, marked, at)
        self._rooms.tell(room, marked)

    def resync(self) -> None:
        """Tell everyone that rings may have been missed."""
        self._past.begin(self.watch.read())
        for client in self._rooms.everyone():
            client.tell(RESYNC)
        self.agents.doubt()

    def end(self) -> None:
        """Close every stream, and open no more: their pages find their way to another server, or back."""
        self._closing = True
        for client in self._rooms.everyone():
            client.end()


def _mark(at: float) -> bytes:
    """What the browser says again when it comes back: it was told everything until then."""
    return b"id: %d\n\n" % (at * 1e6)


def _last_heard(scope: Scope) -> str:
    """The mark a stream that broke comes back with."""
    return str(dict(scope.get("headers", ())).get(b"last-event-id", b"").decode("latin-1"))


def _changed(ring: Ring) -> bytes:
    # With several workspaces nobody says whose conversation is whose, and nobody may hear of another's.
    named = ring.conversation_ids if len(ring.workspace_ids) == 1 else None
    told = {"c": "many" if named is None else named, **({"read": True} if ring.only_read else {})}
    return b"event: changed\ndata: %b\n\n" % json.dumps(told).encode()


@asynccontextmanager
async def open_streams(connect: Connect, read_visitor: ReadVisitor) -> AsyncIterator[Streams]:
    """Streams that listen by one connection of their own and look visitors up by another."""
    link = Link(connect)
    streams = Streams(link, read_visitor)
    heard = {
        WORDS: lambda payload: streams.pass_on(Word.read(payload)),
        OUT_BELL: lambda payload: streams.agents.doubt(json.loads(payload)),
        BELL: lambda payload: streams.hear(Ring.read(payload)),
    }
    bell = Bell(connect, heard, streams.resync, streams.watch)
    always = (bell.listen(), streams.newcomers.welcome(), streams.agents.part())
    tasks = [asyncio.create_task(each) for each in always]
    try:
        yield streams
    finally:
        streams.end()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await link.close()
