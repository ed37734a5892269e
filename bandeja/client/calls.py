"""What both clients ask and are answered: each request as a value. Nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict
from uuid import uuid4

import httpx

TIMEOUT = 30.0
"""Seconds."""

Json = Any
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


class Kept(TypedDict):
    """Since when it is kept open, until when (None: until somebody lets it close), and why."""

    since: str
    until: str | None
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


class Message(TypedDict):
    """What was said."""

    id: int
    direction: str
    kind: str
    text: str
    at: str
    author: str


class Rule(TypedDict):
    """A closing rule."""

    id: int
    name: str
    active: bool
    amount: int
    unit: str
    reason: str
    account_ids: list[int]
    version: int


class Event(TypedDict):
    """Something that happened."""

    number: int
    kind: str
    at: str
    conversation_id: int


class Count(TypedDict):
    """How many closings have a value."""

    value: str
    closings: int


class Refused(Exception):
    """The API did not do it: `status`, and `problem` as RFC 9457 has it."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or status))
        self.status, self.problem = status, problem


class Call:
    """One request: what both clients send, and how its answer is read."""

    def __init__(self, method: str, path: str, *, query: Asked | None = None, body: Json = None) -> None:
        self.method, self.path = method, path
        self.query = {name: _spelled(value) for name, value in (query or {}).items() if value is not None}
        self.body = body
        # Sent again after a broken connection it is still done once.
        self.headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}

    def named(self) -> dict[str, Any]:
        """The same, as httpx takes it."""
        sent = {} if self.body is None else {"json": self.body}
        return {"params": self.query, "headers": self.headers, **sent}


def read(answer: httpx.Response) -> Json:
    """What was answered. Raises Refused."""
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise Refused(answer.status_code, problem if isinstance(problem, dict) else {})


def pages(path: str, query: Asked) -> Callable[[str | None], Call]:
    """Each page of a list, by its cursor."""
    return lambda cursor: Call("GET", path, query={**query, "cursor": cursor})


def show(conversation_id: int) -> Call:
    return Call("GET", f"/conversations/{conversation_id}")


def messages(conversation_id: int, after: int) -> Call:
    return Call("GET", f"/conversations/{conversation_id}/messages", query={"after": after})


def reply(conversation_id: int, text: str) -> Call:
    return Call("POST", f"/conversations/{conversation_id}/messages", body={"text": text})


def close(conversation_id: int, reason: str, seen: int | None) -> Call:
    return Call("POST", f"/conversations/{conversation_id}/closure", body={"reason": reason, "seen": seen})


def reopen(conversation_id: int) -> Call:
    return Call("DELETE", f"/conversations/{conversation_id}/closure")


def keep(conversation_id: int, until: str | None, reason: str) -> Call:
    return Call("PUT", f"/conversations/{conversation_id}/keeping", body={"until": until, "reason": reason})


def release(conversation_id: int) -> Call:
    return Call("DELETE", f"/conversations/{conversation_id}/keeping")


def add_rule(amount: int, unit: str, reason: str, account_ids: Sequence[int], name: str) -> Call:
    said = {"amount": amount, "unit": unit, "reason": reason, "account_ids": list(account_ids), "name": name}
    return Call("POST", "/rules", body=said)


def switch_off_rule(rule_id: int) -> Call:
    return Call("DELETE", f"/rules/{rule_id}/activation")


def report(by: str, since: str | None, until: str | None) -> Call:
    return Call("GET", "/closures/report", query={"by": by, "since": since, "until": until})


def events(after: int, limit: int) -> Call:
    return Call("GET", "/events", query={"after": after, "limit": limit})


def _spelled(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def settings(url: str, token: str, language: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", **({"Accept-Language": language} if language else {})}
    return {"base_url": f"{url.rstrip('/')}/api/v1", "headers": headers, "timeout": TIMEOUT}
