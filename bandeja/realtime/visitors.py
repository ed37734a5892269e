"""Which conversation a visitor listens to, also when it begins only after they do."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psycopg

from bandeja.link import Link
from bandeja.realtime.clients import Client

log = logging.getLogger(__name__)

FIND = """
    select account.id, account.workspace_id, conversation.id
    from account
    left join identity on identity.account_id = account.id
        and identity.kind = 'visitor' and identity.value = %(visitor)s
    left join conversation on conversation.account_id = account.id
        and conversation.contact_id = identity.contact_id
    where account.channel = 'webchat' and account.external_id = %(external_id)s
        and account.disconnected_at is null
"""

BEGUN = """
    select identity.account_id, identity.value, conversation.id
    from unnest(%(account_ids)s::bigint[], %(visitors)s::text[]) as waiting (account_id, visitor)
    join identity on identity.account_id = waiting.account_id
        and identity.kind = 'visitor' and identity.value = waiting.visitor
    join conversation on conversation.account_id = identity.account_id
        and conversation.contact_id = identity.contact_id
"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor of a web chat; `conversation_id` is None until they have written."""

    account_id: int
    workspace_id: int
    visitor: str
    conversation_id: int | None


async def find(link: Link, external_id: str, visitor: str) -> Visitor | None:
    """Where this visitor of this account listens; None without such a connected account."""
    rows = await link.run(FIND, {"external_id": external_id, "visitor": visitor})
    return Visitor(rows[0][0], rows[0][1], visitor, rows[0][2]) if rows else None


class Newcomers:
    """Visitors who listen but have not written yet: `begun` hears of the conversation once there is one.

    Looks after a bell of their workspace, at most once per `pause` seconds, for all of them in one query.
    """

    def __init__(self, link: Link, begun: Callable[[Client, int], None], *, pause: float = 0.5) -> None:
        self._link, self._begun, self._pause = link, begun, pause
        self._waiting: dict[Client, Visitor] = {}
        self._workspaces: set[int] = set()
        self._wanted = asyncio.Event()

    def wait(self, client: Client, visitor: Visitor) -> None:
        self._waiting[client] = visitor
        # It may have begun between the question and now.
        self.look([visitor.workspace_id])

    def leave(self, client: Client) -> None:
        self._waiting.pop(client, None)

    def look(self, workspace_ids: Iterable[int]) -> None:
        if self._waiting:
            self._workspaces.update(workspace_ids)
            self._wanted.set()

    async def welcome(self) -> None:
        """Look for ever, when there is reason to."""
        while await self._wanted.wait():
            self._wanted.clear()
            workspaces, self._workspaces = self._workspaces, set()
            try:
                await self._welcome(workspaces)
            except psycopg.Error as error:
                log.warning("newcomers not looked up", extra={"error": str(error)})
                self.look(workspaces)
            await asyncio.sleep(self._pause)

    async def _welcome(self, workspaces: set[int]) -> None:
        waiting = {each: who for each, who in self._waiting.items() if who.workspace_id in workspaces}
        values = {
            "account_ids": [who.account_id for who in waiting.values()],
            "visitors": [who.visitor for who in waiting.values()],
        }
        rows = await self._link.run(BEGUN, values)
        conversations = {(account_id, visitor): conversation for account_id, visitor, conversation in rows}
        for client, who in waiting.items():
            conversation_id = conversations.get((who.account_id, who.visitor))
            if conversation_id is not None and client in self._waiting:
                self.leave(client)
                self._begun(client, conversation_id)
