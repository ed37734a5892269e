"""Whose stream may be open: an agent who is active, in a session that has not ended. Asked anew when in doubt."""

import asyncio
import logging
from collections.abc import Iterable

import psycopg

from bandeja.link import Link
from bandeja.realtime import tokens
from bandeja.realtime.clients import Client
from bandeja.realtime.tokens import Pass

log = logging.getLogger(__name__)

ALIVE = """
    select agent.id, agent.workspace_id, array(
        select session_key
        from usersessions_usersession
        join django_session using (session_key)
        where user_id = agent.id and expire_date > now()
    )
    from agent
    where id = any(%(agent_ids)s::bigint[]) and is_active
"""


class Agents:
    """The open streams of agents. A stream whose session or agent has gone ends.

    Doubts come from the bell, and concern everybody once the bell was deaf; those that cannot be settled now,
    for the database is away, are asked again after `pause` seconds.
    """

    def __init__(self, link: Link, *, pause: float = 0.5) -> None:
        self._link, self._pause = link, pause
        self._open: dict[Client, Pass] = {}
        self._doubted: set[int] = set()
        self._wanted = asyncio.Event()

    async def admit(self, client: Client, passed: Pass) -> bool:
        """Whether this stream may open; from here on it is looked after. Raises psycopg.Error."""
        # Kept before it is asked about: what ends meanwhile is heard of.
        self._open[client] = passed
        return not await self._gone({client: passed})

    def leave(self, client: Client) -> None:
        self._open.pop(client, None)

    def doubt(self, agent_ids: Iterable[int] | None = None) -> None:
        """Some sessions of these agents have ended; of anybody, when None."""
        named = {passed.agent_id for passed in self._open.values()}
        self._doubted.update(named if agent_ids is None else named.intersection(agent_ids))
        if self._doubted:
            self._wanted.set()

    async def part(self) -> None:
        """End for ever the streams of whom there is reason to doubt."""
        while await self._wanted.wait():
            self._wanted.clear()
            doubted, self._doubted = self._doubted, set()
            try:
                await self._part(doubted)
            except psycopg.Error as error:
                log.warning("sessions not looked up", extra={"error": str(error)})
                self._doubted |= doubted
                self._wanted.set()
                await asyncio.sleep(self._pause)

    async def _part(self, doubted: set[int]) -> None:
        theirs = {client: passed for client, passed in self._open.items() if passed.agent_id in doubted}
        for client in await self._gone(theirs):
            client.end()

    async def _gone(self, asked: dict[Client, Pass]) -> list[Client]:
        ids = sorted({passed.agent_id for passed in asked.values()})
        rows = await self._link.run(ALIVE, {"agent_ids": ids})
        alive = {(agent, workspace): {"", *map(tokens.digest, keys)} for agent, workspace, keys in rows}
        return [
            client
            for client, passed in asked.items()
            if passed.session not in alive.get((passed.agent_id, passed.workspace_id), ())
        ]
