"""What both clients ask and are answered: each request as a value. Nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypedDict
from uuid import uuid4

import httpx

TIMEOUT = 30.0
"""Seconds."""
TURNS = 3
"""How often a call is sent at the most: again where the connection broke, or where there were too many for now."""
LONGEST = 60
"""Seconds that a call waits before it is sent again."""

Json = Any
Instant = str | datetime
"""ISO 8601 with its zone, or a datetime that knows it."""
Asked = Mapping[str, Any]


class Account(TypedDict):
    """An account in short."""

    id: int
    name: str
    channel: str


class Person(TypedDict):
    """A contact in short."""

    id: int
    external_id: str
    name: str
    email: str
    phone: str


class Contact(TypedDict):
    """A contact as they are listed."""

    id: int
    name: str
    email: str
    phone: str
    kind: str
    blocked: bool


class Kept(TypedDict):
    """Since when it is kept open, until when (None: until somebody lets it close), and why."""

    since: str
    until: str | None
    reason: str


class Snoozed(TypedDict):
    """Since when it is snoozed, until when (None: until its contact writes), by whom, and what for."""

    since: str
    until: str | None
    by_id: int | None
    reason: str


class Conversation(TypedDict):
    """What is always said of a conversation; instants are ISO 8601."""

    id: int
    status: str
    account: Account
    contact: Person
    unread: int
    last_message_at: str
    last_message_text: str
    closes_at: str | None
    kept: Kept | None
    snoozed: Snoozed | None


class Message(TypedDict):
    """What was said."""

    id: int
    direction: str
    kind: str
    text: str
    at: str
    author: str


class Event(TypedDict):
    """Something that happened."""

    number: int
    kind: str
    at: str
    conversation_id: int


class Closure(TypedDict):
    """A closing as it was; `unheard` where we had begun the conversation and its contact had not answered."""

    id: int
    conversation_id: int
    account_id: int
    cause: str
    reason: str
    closed_at: str
    armed_at: str | None
    deadline: str | None
    last_inbound_at: str | None
    rule_id: int | None
    rule_name: str
    unheard: bool


class Flow(TypedDict):
    """What happens by itself; `version` is what is published."""

    id: int
    name: str
    active: bool
    version: int | None
    drafted: bool
    parked: int


class Run(TypedDict):
    """What a flow did in a conversation."""

    id: int
    conversation_id: int
    state: str
    why: str
    started_at: str
    ended_at: str | None
    steps: list[dict[str, Any]]


class Count(TypedDict):
    """How many closings have a value, and how many of them were by a rule; `id` is a rule's, account's or owner's."""

    id: int | None
    value: str
    closings: int
    by_rule: int


class Outcomes(TypedDict):
    """What became of closings, one in `every` of which was looked at: all together, by cause and by rule."""

    every: int
    total: dict[str, Any]
    causes: list[dict[str, Any]]
    rules: list[dict[str, Any]]


class Refused(Exception):
    """The API did not do it: `status`, and `problem` as RFC 9457 has it. `retry_after` are seconds, 0 if unsaid."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: int = 0) -> None:
        super().__init__(str(problem.get("detail") or status))
        self.status, self.problem, self.retry_after = status, problem, retry_after


class Call:
    """One request: what both clients send, and how its answer is read.

    What is sent again with the same `key` within a day is done once, whoever sends it again and when.
    """

    def __init__(
        self, method: str, path: str, *, query: Asked | None = None, body: Json = None, key: str = ""
    ) -> None:
        self.method, self.path = method, path
        self.query = {name: spelled(value) for name, value in (query or {}).items() if value is not None}
        self.body = body
        self.headers = {"Idempotency-Key": key or str(uuid4())} if method in {"POST", "PUT", "PATCH"} else {}

    def named(self) -> dict[str, Any]:
        """The same, as httpx takes it."""
        sent = {} if self.body is None else {"json": self.body}
        return {"params": self.query, "headers": self.headers, **sent}


def patience(answer: httpx.Response, turn: int) -> int | None:
    """How many seconds to wait before a call is sent again; None where it is not. The first `turn` is 1."""
    if answer.status_code != 429 or turn >= TURNS:
        return None
    return min(_retry_after(answer), LONGEST)


def read(answer: httpx.Response) -> Json:
    """What was answered. Raises Refused."""
    if answer.is_success and not answer.content:
        return None
    try:
        said = answer.json()
    except ValueError:
        said = {"detail": _not_ours(answer)}
    else:
        if answer.is_success:
            return said
    raise Refused(answer.status_code, said if isinstance(said, dict) else {}, _retry_after(answer))


def _not_ours(answer: httpx.Response) -> str:
    """What is wrong where something else than the API answers, such as a proxy or a page to sign in."""
    if answer.is_redirect:
        return f"It moved to {answer.headers.get('location', '')}."
    return f"{answer.status_code}: this is no answer of Bandeja's API."


def _retry_after(answer: httpx.Response) -> int:
    said = answer.headers.get("retry-after", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def pages(path: str, query: Asked) -> Callable[[str | None], Call]:
    """Each page of a list, by its cursor."""
    return lambda cursor: Call("GET", path, query={**query, "cursor": cursor})


def show(conversation_id: int) -> Call:
    return Call("GET", f"/conversations/{conversation_id}")


def messages(conversation_id: int, after: int) -> Call:
    return Call("GET", f"/conversations/{conversation_id}/messages", query={"after": after})


def reply(conversation_id: int, text: str, key: str = "") -> Call:
    return Call("POST", f"/conversations/{conversation_id}/messages", body={"text": text}, key=key)


def close(conversation_id: int, reason: str, seen: int | None, key: str = "") -> Call:
    return Call("POST", f"/conversations/{conversation_id}/closure", body={"reason": reason, "seen": seen}, key=key)


def reopen(conversation_id: int) -> Call:
    return Call("DELETE", f"/conversations/{conversation_id}/closure")


def keep(conversation_id: int, until: str | None, reason: str) -> Call:
    return Call("PUT", f"/conversations/{conversation_id}/keeping", body={"until": until, "reason": reason})


def release(conversation_id: int) -> Call:
    return Call("DELETE", f"/conversations/{conversation_id}/keeping")


def snooze(conversation_id: int, until: str | None, reason: str, seen: int | None) -> Call:
    body = {"until": until, "reason": reason, "seen": seen}
    return Call("PUT", f"/conversations/{conversation_id}/snooze", body=body)


def wake(conversation_id: int) -> Call:
    return Call("DELETE", f"/conversations/{conversation_id}/snooze")


def publish_flow(flow_id: int) -> Call:
    return Call("POST", f"/flows/{flow_id}/publication")


def switch_flow(flow_id: int, *, on: bool) -> Call:
    return Call("PUT" if on else "DELETE", f"/flows/{flow_id}/activation")


def report(by: str, filters: Asked) -> Call:
    return Call("GET", "/closures/report", query={"by": by, **filters})


def outcomes(filters: Asked) -> Call:
    return Call("GET", "/closures/outcomes", query=filters)


def events(after: int, limit: int) -> Call:
    return Call("GET", "/events", query={"after": after, "limit": limit})


def spelled(value: Any) -> Any:
    """An instant or a flag as an address says it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value


def settings(url: str, token: str, language: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", **({"Accept-Language": language} if language else {})}
    return {"base_url": f"{url.rstrip('/')}/api/v1", "headers": headers, "timeout": TIMEOUT}
