"""The durable door: raw ASGI in front of Django that stores a delivery as it came, and only then says 200.

It reads the bytes, asks who is knocking, stores one receipt and answers. Nothing is parsed here: whatever is
inside is the drain's to understand, and to park when it cannot.
"""

import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import psycopg

from bandeja.channels.contract import Channel
from bandeja.intake import refusal
from bandeja.intake.answer import answer_preflight, answer_refused, answer_stored
from bandeja.intake.gather import FullError, Gather
from bandeja.intake.knock import HungUpError, Receive, Scope, Send, bearer_token, read_body
from bandeja.intake.limits import Rate
from bandeja.intake.meta import META, MetaDoor
from bandeja.intake.refusal import RefusedError
from bandeja.intake.ring import Ring
from bandeja.intake.sources import Source, Sources, fetch_app_by, fetch_by
from bandeja.intake.store import Row, Store
from bandeja.intake.tally import Tally
from bandeja.link import Connect, Link

log = logging.getLogger(__name__)

ENCODER = msgspec.json.Encoder()
ADDRESS = re.compile(r"/hooks/([a-z]{1,20})/([A-Za-z0-9_-]{1,100})/?")
FROM_BROWSERS = {"webchat"}
"""Channels whose senders are web pages of other sites."""


class Door:
    """The ASGI application at `/hooks`. `rates` limits how often one sender may knock, by channel."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        sources: Sources[Source],
        gather: Gather,
        rates: Mapping[str, Rate],
        meta: MetaDoor,
    ) -> None:
        self._channels, self._sources, self._gather, self._rates = channels, sources, gather, rates
        self._meta = meta

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = ADDRESS.fullmatch(scope["path"])
        channel = address[1] if address else ""
        try:
            if scope["method"] == "OPTIONS" and channel in FROM_BROWSERS:
                await answer_preflight(send)
                return
            if address and channel == META:
                await self._meta(address[2], scope, receive, send)
                return
            await self._store(channel, address[2] if address else "", scope, receive)
            await answer_stored(send, to_any_site=channel in FROM_BROWSERS)
        except RefusedError as refused:
            await answer_refused(send, refused, to_any_site=channel in FROM_BROWSERS)
        except HungUpError:
            pass

    async def _store(self, channel: str, external_id: str, scope: Scope, receive: Receive) -> None:
        """Take one delivery in; when this returns it is durable. Raises RefusedError or HungUpError."""
        known = self._channels.get(channel)
        if known is None:
            raise refusal.no_account()
        if scope["method"] != "POST":
            raise refusal.wrong_method()
        headers = dict(scope["headers"])
        source = await self._source(channel, external_id)
        sender = known.verify(external_id, source.token_hash, bearer_token(headers))
        if sender is None:
            raise refusal.bad_token()
        body = await read_body(headers, receive, known.body_limit)
        self._pace(channel, sender)
        await self._keep(Row(source.account_id, channel, body, ENCODER.encode({"sender": sender}).decode()))

    async def _source(self, channel: str, external_id: str) -> Source:
        try:
            source = await self._sources.find(channel, external_id)
        except psycopg.Error as error:
            log.warning("account not looked up", extra={"error": str(error)})
            raise refusal.not_stored() from error
        if source is None:
            raise refusal.no_account()
        return source

    def _pace(self, channel: str, sender: str) -> None:
        rate = self._rates.get(channel)
        wait = rate.wait(sender) if rate else 0
        if wait:
            raise refusal.too_many(wait)

    async def _keep(self, row: Row) -> None:
        try:
            kept = await self._gather.put(row)
        except FullError as error:
            raise refusal.too_busy() from error
        if not kept:
            raise refusal.not_stored()


@asynccontextmanager
async def open_door(connect: Connect, channels: Mapping[str, Channel]) -> AsyncIterator[Door]:
    """A door that stores by two connections of its own, and looks up and rings by a third.

    Leave it after the last request: it stores what is still waiting before it closes its connections.
    """
    first, second, side = (Link(connect) for _ in range(3))
    ring, tally = Ring(side), Tally(side)
    gather = Gather([Store(first), Store(second)], ring)
    gather.open()
    ring.open()
    tally.open()
    meta = MetaDoor(Sources(fetch_app_by(side)), gather, tally)
    try:
        yield Door(channels, Sources(fetch_by(side)), gather, {"webchat": Rate(burst=20, period=1.0)}, meta)
    finally:
        await gather.close()
        await ring.close()
        await tally.close()
        for link in (first, second, side):
            await link.close()
