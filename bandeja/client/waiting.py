"""The client that asks and waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from bandeja.client import calls, closing
from bandeja.client.calls import (
    Call,
    Closure,
    Contact,
    Conversation,
    Count,
    Event,
    Flow,
    Instant,
    Json,
    Message,
    Outcomes,
    Run,
)


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
        """Any request, for what has no method here. Raises Refused, httpx.TransportError.

        Sent again where the connection broke, which does nothing twice, and where it was too much for now (429).
        """
        turn = 1
        while True:
            try:
                answer = self._http.request(call.method, call.path, **call.named())
                if (seconds := calls.patience(answer, turn)) is None:
                    return calls.read(answer)
                time.sleep(seconds)
            except httpx.TransportError:
                if turn == calls.TURNS:
                    raise
            turn += 1

    def conversations(self, **filters: Any) -> Iterator[Conversation]:
        """All that match, page by page: `status`, `owner`, `q`, … as the document names them."""
        return self._all(calls.pages("/conversations", filters))

    def contacts(self, q: str = "") -> Iterator[Contact]:
        """All contacts in reach, or those `q` finds."""
        return self._all(calls.pages("/contacts", {"q": q}))

    def closures(self, **filters: Any) -> Iterator[Closure]:
        """All closings that match: `since`, `until`, `cause`, `reason`, `account`, `rule`."""
        return self._all(calls.pages("/closures", filters))

    def conversation(self, conversation_id: int) -> Conversation:
        found: Conversation = self.ask(calls.show(conversation_id))
        return found

    def messages(self, conversation_id: int, *, after: int = 0) -> list[Message]:
        """The next hundred after the message `after`."""
        found: list[Message] = self.ask(calls.messages(conversation_id, after))["items"]
        return found

    def reply(self, conversation_id: int, text: str, *, key: str = "") -> Message:
        """Say it once for a `key` of yours: sent again with it within a day, it is not said again."""
        written: Message = self.ask(calls.reply(conversation_id, text, key))
        return written

    def close(self, conversation_id: int, reason: str, *, seen: int | None = None, key: str = "") -> Conversation:
        """Close it, unless the contact wrote after the message `seen`: that is Refused with 409."""
        closed: Conversation = self.ask(calls.close(conversation_id, reason, seen, key))
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

    def snooze(
        self, conversation_id: int, *, until: str | None = None, reason: str = "", seen: int | None = None
    ) -> Conversation:
        """Snooze it until an instant (ISO 8601, with its zone), or until the contact writes, whichever is first.

        Refused with 409 where they wrote after the message `seen`.
        """
        snoozed: Conversation = self.ask(calls.snooze(conversation_id, until, reason, seen))
        return snoozed

    def wake(self, conversation_id: int) -> Conversation:
        """Bring back one that is snoozed: its clock starts anew."""
        woken: Conversation = self.ask(calls.wake(conversation_id))
        return woken

    def rules(self) -> list[closing.Rule]:
        found: list[closing.Rule] = self.ask(Call("GET", "/rules"))
        return found

    def rule(self, rule_id: int) -> closing.Rule:
        found: closing.Rule = self.ask(closing.rule(rule_id))
        return found

    def add_rule(
        self, *, amount: int, unit: str, reason: str, account_ids: Sequence[int], name: str = "", active: bool = True,
        options: closing.Options | None = None,
    ) -> closing.Rule:  # fmt: skip
        """Add a rule; `options` as the document names them, the rest is as with a rule that says nothing."""
        said = {"amount": amount, "unit": unit, "reason": reason, "account_ids": list(account_ids), "name": name}
        added: closing.Rule = self.ask(closing.add_rule({**said, "active": active, "options": options}))
        return added

    def change_rule(self, rule_id: int, **changes: Any) -> closing.Rule:
        """Change only what is said, of `options` too; from `version`, if you say it: Refused with 412 if stale."""
        changed: closing.Rule = self.ask(closing.change_rule(rule_id, changes))
        return changed

    def preview_rule(
        self, *, amount: int, unit: str, account_ids: Sequence[int], options: closing.Options | None = None
    ) -> closing.Hindsight:
        """What a rule would have closed in the last 30 days; it saves nothing."""
        found: closing.Hindsight = self.ask(closing.preview_rule(amount, unit, account_ids, options))
        return found

    def switch_on_rule(self, rule_id: int) -> closing.Rule:
        rule: closing.Rule = self.ask(closing.switch_rule(rule_id, on=True))
        return rule

    def switch_off_rule(self, rule_id: int) -> closing.Rule:
        rule: closing.Rule = self.ask(closing.switch_rule(rule_id, on=False))
        return rule

    def delete_rule(self, rule_id: int) -> None:
        self.ask(closing.delete_rule(rule_id))

    def includable(self, rule_id: int) -> dict[str, Any]:
        """How many are open without a clock, and could be included: `count`, None where it could not be counted."""
        found: dict[str, Any] = self.ask(closing.includable(rule_id))
        return found

    def include(self, rule_id: int) -> closing.Inclusion:
        """Include what is open without a clock: a job, to be asked how far it is."""
        job: closing.Inclusion = self.ask(closing.include(rule_id))
        return job

    def inclusion(self, rule_id: int, inclusion_id: int) -> closing.Inclusion:
        job: closing.Inclusion = self.ask(closing.inclusion(rule_id, inclusion_id))
        return job

    def cancel_inclusion(self, rule_id: int, inclusion_id: int) -> closing.Inclusion:
        """Stop it, or its undoing, where it is."""
        job: closing.Inclusion = self.ask(closing.cancel_inclusion(rule_id, inclusion_id))
        return job

    def undo_inclusion(self, rule_id: int, inclusion_id: int) -> closing.Inclusion:
        job: closing.Inclusion = self.ask(closing.undo_inclusion(rule_id, inclusion_id))
        return job

    def calendars(self) -> list[closing.Calendar]:
        """Business hours, by name."""
        found: list[closing.Calendar] = self.ask(Call("GET", "/calendars"))
        return found

    def calendar(self, calendar_id: int) -> closing.Calendar:
        found: closing.Calendar = self.ask(closing.calendar(calendar_id))
        return found

    def add_calendar(
        self, name: str, *, time_zone: str, week: Sequence[Sequence[closing.Hours]], **more: Any
    ) -> closing.Calendar:
        """Business hours: those of each weekday, Monday first; more are `country`, `subdivision`, `exceptions`."""
        added: closing.Calendar = self.ask(closing.add_calendar(name, time_zone, week, more))
        return added

    def change_calendar(self, said: closing.Calendar) -> closing.Calendar:
        """Save one that was read and changed; Refused with 412 when somebody was faster."""
        changed: closing.Calendar = self.ask(closing.change_calendar(said))
        return changed

    def delete_calendar(self, calendar_id: int) -> None:
        """Refused with 409 while a rule counts by it."""
        self.ask(closing.delete_calendar(calendar_id))

    def coverage(self) -> closing.Coverage:
        """What covers each account, and how its open conversations stand."""
        found: closing.Coverage = self.ask(Call("GET", "/coverage"))
        return found

    def setbacks(self) -> list[closing.Setback]:
        found: list[closing.Setback] = self.ask(Call("GET", "/setbacks"))
        return found

    def try_again(self, conversation_ids: Sequence[int]) -> list[int]:
        """Close at once what could not be closed; answers which of them are tried."""
        asked: list[int] = self.ask(closing.try_again(conversation_ids))["conversation_ids"]
        return asked

    def pauses(self) -> list[closing.Pause]:
        """Those that last: meanwhile rules close nothing on all accounts, or on one."""
        found: list[closing.Pause] = self.ask(Call("GET", "/pauses"))
        return found

    def pause_closing(self, why: str) -> closing.Pause:
        pause: closing.Pause = self.ask(closing.pause_closing(why))
        return pause

    def resume_closing(self) -> None:
        self.ask(Call("DELETE", "/pause"))

    def foresee_undoing(self, **closings: Any) -> closing.Foreseen:
        """What would become of those by `rule_id`, `flow_id` or `bulk_closure_id`; `since` and `until` if need be."""
        found: closing.Foreseen = self.ask(closing.foresee_undoing(closings))
        return found

    def undo_closings(self, **closings: Any) -> closing.Undoing:
        """Take them back, named alike: a job. With the `at` of what was foreseen as `until`, just that."""
        job: closing.Undoing = self.ask(closing.undo_closings(closings))
        return job

    def undoing(self, undoing_id: int) -> closing.Undoing:
        job: closing.Undoing = self.ask(closing.undoing(undoing_id))
        return job

    def cancel_undoing(self, undoing_id: int) -> closing.Undoing:
        """Stop it where it is; what is open again stays open."""
        job: closing.Undoing = self.ask(closing.cancel_undoing(undoing_id))
        return job

    def flows(self) -> list[Flow]:
        found: list[Flow] = self.ask(Call("GET", "/flows"))
        return found

    def publish_flow(self, flow_id: int) -> Flow:
        """Publish its draft; Refused with 422 says what is wrong with that, step by step."""
        flow: Flow = self.ask(calls.publish_flow(flow_id))
        return flow

    def switch_flow(self, flow_id: int, *, on: bool) -> Flow:
        """On, from what happens from now on; off, with what it was doing."""
        flow: Flow = self.ask(calls.switch_flow(flow_id, on=on))
        return flow

    def runs(self, conversation_id: int) -> Iterator[Run]:
        """What flows did in a conversation, the latest first."""
        return self._all(calls.pages(f"/conversations/{conversation_id}/runs", {}))

    def report(
        self, by: str = "cause", *, since: Instant | None = None, until: Instant | None = None, **filters: Any
    ) -> list[Count]:
        """How many closings there were by `cause`, `reason`, `rule`, `account`, `owner`, `day` or `hour`.

        Of those that match `cause`, `account` and `rule`.
        """
        counted: list[Count] = self.ask(calls.report(by, {"since": since, "until": until, **filters}))
        return counted

    def outcomes(self, *, since: Instant | None = None, until: Instant | None = None, **filters: Any) -> Outcomes:
        """What became of the closings that match: who came back, who was not answered, how late rules were."""
        found: Outcomes = self.ask(calls.outcomes({"since": since, "until": until, **filters}))
        return found

    def events(self, after: int = 0, *, limit: int = 100) -> tuple[list[Event], int]:
        """What happened after a number, and the number to go on from: keep it once you are done with these."""
        page = self.ask(calls.events(after, limit))
        while page["more"] and not page["items"]:
            page = self.ask(calls.events(page["next"], limit))
        return page["items"], page["next"]

    def _all(self, page: Callable[[str | None], Call]) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            found = self.ask(page(cursor))
            yield from found["items"]
            if (cursor := found["next"]) is None:
                return
