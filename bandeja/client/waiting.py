"""The client that asks and waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from bandeja.client import calls
from bandeja.client.calls import Call, Conversation, Count, Event, Json, Message, Person, Rule


class Client:
    """Asks and waits. `transport` is httpx's own, for tests."""

    def __init__(
        self, url: str, token: str, *, language: str = "", transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(transport=transport, **calls.settings(url, token, language))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self, call: Call) -> Json:
        """Any request, for what has no method here. Raises Refused, httpx.TransportError."""
        return calls.read(self._http.request(call.method, call.path, **call.named()))

    def conversations(self, **filters: Any) -> Iterator[Conversation]:
        """All that match, page by page: `status`, `owner`, `q`, … as the document names them."""
        return self._all(calls.pages("/conversations", filters))

    def contacts(self, q: str = "") -> Iterator[Person]:
        """All contacts in reach, or those `q` finds."""
        return self._all(calls.pages("/contacts", {"q": q}))

    def closures(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """All closings that match: `since`, `until`, `cause`, `reason`, `account`, `rule`."""
        return self._all(calls.pages("/closures", filters))

    def conversation(self, conversation_id: int) -> Conversation:
        found: Conversation = self.ask(calls.show(conversation_id))
        return found

    def messages(self, conversation_id: int, *, after: int = 0) -> list[Message]:
        """The next hundred after the message `after`."""
        found: list[Message] = self.ask(calls.messages(conversation_id, after))["items"]
        return found

    def reply(self, conversation_id: int, text: str) -> Message:
        written: Message = self.ask(calls.reply(conversation_id, text))
        return written

    def close(self, conversation_id: int, reason: str, *, seen: int | None = None) -> Conversation:
        """Close it, unless the contact wrote after the message `seen`: that is Refused with 409."""
        closed: Conversation = self.ask(calls.close(conversation_id, reason, seen))
        return closed

    def reopen(self, conversation_id: int) -> Conversation:
        opened: Conversation = self.ask(calls.reopen(conversation_id))
        return opened

    def keep(self, conversation_id: int, *, until: str | None = None, reason: str = "") -> Conversation:
        """Keep it open, until an instant (ISO 8601, with its zone) or until somebody lets it close."""
        kept: Conversation = self.ask(calls.keep(conversation_id, until, reason))
        return kept

    def release(self, conversation_id: int) -> Conversation:
        """Keep it open no more: its clock starts anew."""
        released: Conversation = self.ask(calls.release(conversation_id))
        return released

    def rules(self) -> list[Rule]:
        found: list[Rule] = self.ask(Call("GET", "/rules"))
        return found

    def add_rule(
        self, *, amount: int, unit: str, reason: str, account_ids: Sequence[int], name: str = ""
    ) -> Rule:  # fmt: skip
        added: Rule = self.ask(calls.add_rule(amount, unit, reason, account_ids, name))
        return added

    def switch_off_rule(self, rule_id: int) -> Rule:
        rule: Rule = self.ask(calls.switch_off_rule(rule_id))
        return rule

    def report(self, by: str = "cause", *, since: str | None = None, until: str | None = None) -> list[Count]:
        """How many closings there were by `cause`, `reason`, `rule`, `account` or `owner`."""
        counted: list[Count] = self.ask(calls.report(by, since, until))
        return counted

    def events(self, after: int = 0, *, limit: int = 100) -> tuple[list[Event], int]:
        """What happened after a number, and the number to go on from: keep it once you are done with these."""
        page = self.ask(calls.events(after, limit))
        return page["items"], page["next"]

    def _all(self, page: Callable[[str | None], Call]) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            found = self.ask(page(cursor))
            yield from found["items"]
            if (cursor := found["next"]) is None:
                return
