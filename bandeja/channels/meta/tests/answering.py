"""A Graph that answers what a test says, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Fake:
    """Answers the replies in turn, the last one for ever; a path's own replies before the general ones."""

    replies: list[Reply] = field(default_factory=list)
    by_path: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def on(self, path: str, *replies: Reply | dict[str, Any]) -> Fake:
        """What `METHOD /path` (without the version) answers, in turn."""
        self.by_path[path] = [answer(each) if isinstance(each, dict) else each for each in replies]
        return self

    def says(self, *replies: Reply | dict[str, Any]) -> Fake:
        self.replies = [answer(each) if isinstance(each, dict) else each for each in replies]
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        path = request.url.path.split("/", 2)[2]
        replies = self.by_path.get(f"{request.method} /{path}", self.replies)
        if not replies:
            return refusal(100, 33, text=f"Unsupported request: {request.method} {path}")
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply(request) if callable(reply) else reply

    @property
    def paths(self) -> list[str]:
        """What was asked, as `METHOD /path` without the version."""
        return [f"{each.method} /{each.url.path.split('/', 2)[2]}" for each in self.asked]

    @property
    def body(self) -> Any:
        """The last JSON body."""
        return json.loads(self.asked[-1].content)


def answer(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, content=json.dumps(body), headers={key.replace("_", "-"): each for key, each in headers.items()}
    )


def refusal(
    code: int,
    subcode: int | None = None,
    *,
    status: int = 400,
    text: str = "(#1) No",
    details: str = "",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    """Graph's error envelope (meta.md A10)."""
    error = {"message": text, "type": "OAuthException", "code": code, "fbtrace_id": "AbC", **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return httpx.Response(status, content=json.dumps({"error": error}), headers=headers or {})


HTML = httpx.Response(502, content=b"<!DOCTYPE html><title>Facebook | Error</title>")
