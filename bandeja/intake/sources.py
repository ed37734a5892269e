"""The account or the Meta app behind a URL, remembered for a few seconds so that a delivery costs no query."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from bandeja.channels.secret import unseal
from bandeja.link import Link

T = TypeVar("T")

LOOK_UP = """
    select id, token_hash from account
    where channel = %(channel)s and external_id = %(external_id)s and disconnected_at is null
"""
LOOK_UP_APP = "select id, secret, instagram_secret, verify_token from meta_app where key = %(key)s"


@dataclass(frozen=True, slots=True)
class Source:
    """A connected account, as far as the door cares."""

    account_id: int
    token_hash: str


@dataclass(frozen=True, slots=True)
class AppSource:
    """A Meta app, as far as the door cares. Either secret may sign."""

    app_id: int
    secrets: tuple[str, str] = field(repr=False)
    verify_token: str = field(repr=False)


Key = tuple[str, str]
Fetch = Callable[[str, str], Awaitable[T | None]]


def fetch_by(link: Link) -> Fetch[Source]:
    """Ask the database which connected account a channel knows by this external id."""

    async def fetch(channel: str, external_id: str) -> Source | None:
        rows = await link.run(LOOK_UP, {"channel": channel, "external_id": external_id})
        return Source(*rows[0]) if rows else None

    return fetch


def fetch_app_by(link: Link) -> Fetch[AppSource]:
    """Ask the database which Meta app has this key; raises channels.secret.Unreadable after a change of keys."""

    async def fetch(_channel: str, key: str) -> AppSource | None:
        rows = await link.run(LOOK_UP_APP, {"key": key})
        if not rows:
            return None
        app_id, *sealed = rows[0]
        secret, instagram_secret, verify_token = map(unseal, sealed)
        return AppSource(app_id, (secret, instagram_secret), verify_token)

    return fetch


class Sources(Generic[T]):
    """Remembers accounts for `ttl` seconds and absences for `absent_ttl`, at most `bound` of both.

    A connect or disconnect is therefore seen within `ttl`, in every process, without telling anyone.
    """

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        ttl: float = 5.0,
        absent_ttl: float = 1.0,
        bound: int = 10_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._fetch = fetch
        self._ttl, self._absent_ttl, self._bound = ttl, absent_ttl, bound
        self._clock = clock
        self._known: dict[Key, tuple[float, T | None]] = {}
        self._asking: dict[Key, asyncio.Task[T | None]] = {}

    async def find(self, channel: str, external_id: str) -> T | None:
        """The connected account, or None; raises psycopg.Error when the database cannot say."""
        key = (channel, external_id)
        known = self._known.get(key)
        if known is not None and known[0] > self._clock():
            return known[1]
        # One question at a time per account: when an entry grows old, hundreds want it in the same instant.
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _ask(self, key: Key) -> T | None:
        source = await self._fetch(*key)
        self._known.pop(key, None)
        self._known[key] = (self._clock() + (self._ttl if source else self._absent_ttl), source)
        if len(self._known) > self._bound:
            del self._known[next(iter(self._known))]
        return source
