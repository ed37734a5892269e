"""The client for those who await."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from bandeja.client import calls
from bandeja.client.calls import Call, Conversation, Count, Event, Json, Message, Person, Rule


class AsyncClient:
    """The same for those who await. `transport` is httpx's own, for tests."""

    def __init__(
        self, url: str, token: str, *, language: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(transport=transport, **calls.settings(url, token, language))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, call: Call) -> Json:
        """Any request, for what has no method here. Raises Refused, httpx.TransportError."""
        return calls.read(await self._http.request(call.method, call.path, **call.named()))

    def conversations(self, **filters: Any) -> AsyncIterator[Conversation]:
        """All that match, page by page: `status`, `owner`, `q`, … as the document names them."""
        return self._all(calls.pages("/conversations", filters))

    def contacts(self, q: str = "") -> AsyncIterator[Person]:
        """All contacts in reach, or those `q` finds."""
        return self._all(calls.pages("/contacts", {"q": q}))

    def closures(self, **filters: Any) -> AsyncIterator[dict[str, Any]]:
        """All closings that match: `since`, `until`, `cause`, `reason`, `account`, `rule`."""
        return self._all(calls.pages("/closures", filters))

    async def conversation(self, conversation_id: int) -> Conversation:
        found: Conversation = await self.ask(calls.show(conversation_id))
        return found

    async def messages(self, conversation_id: int, *, after: int = 0) -> list[Message]:
        """The next hundred after the message `after`."""
        found: list[Message] = (await self.ask(calls.messages(conversation_id, after)))["items"]
        return found

    async def reply(self, conversation_id: int, text: str) -> Message:
        written: Message = await self.ask(calls.reply(conversation_id, text))
        return written

    async def close(self, conversation_id: int, reason: str, *, seen: int | None = None) -> Conversation:
        """Close it, unless the contact wrote after the message `seen`: that is Refused with 409."""
        closed: Conversation = await self.ask(calls.close(conversation_id, reason, seen))
        return closed

    async def reopen(self, conversation_id: int) -> Conversation:
        opened: Conversation = await self.ask(calls.reopen(conversation_id))
        return opened

    async def keep(self, conversation_id: int, *, until: str | None = None, reason: str = "") -> Conversation:
        """Keep it open, until an instant (ISO 8601, with its zone) or until somebody lets it close."""
        kept: Conversation = await self.ask(calls.keep(conversation_id, until, reason))
        return kept

    async def release(self, conversation_id: int) -> Conversation:
        """Keep it open no more: its clock starts anew."""
        released: Conversation = await self.ask(calls.release(conversation_id))
        return released

    async def rules(self) -> list[Rule]:
        found: list[Rule] = await self.ask(Call("GET", "/rules"))
        return found

    async def add_rule(
        self, *, amount: int, unit: str, reason: str, account_ids: Sequence[int], name: str = ""
    ) -> Rule:  # fmt: skip
        added: Rule = await self.ask(calls.add_rule(amount, unit, reason, account_ids, name))
        return added

    async def switch_off_rule(self, rule_id: int) -> Rule:
        rule: Rule = await self.ask(calls.switch_off_rule(rule_id))
        return rule

    async def report(self, by: str = "cause", *, since: str | None = None, until: str | None = None) -> list[Count]:
        """How many closings there were by `cause`, `reason`, `rule`, `account` or `owner`."""
        counted: list[Count] = await self.ask(calls.report(by, since, until))
        return counted

    async def events(self, after: int = 0, *, limit: int = 100) -> tuple[list[Event], int]:
        """What happened after a number, and the number to go on from: keep it once you are done with these."""
        page = await self.ask(calls.events(after, limit))
        return page["items"], page["next"]

    async def _all(self, page: Callable[[str | None], Call]) -> AsyncIterator[Any]:
        cursor: str | None = None
        while True:
            found = await self.ask(page(cursor))
            for each in found["items"]:
                yield each
            if (cursor := found["next"]) is None:
                return
