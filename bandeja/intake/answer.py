"""What the door says back: 200 once a delivery is durable, or a refusal, always as JSON."""

import json

from bandeja.intake.knock import Message, Send
from bandeja.intake.refusal import RefusedError

Headers = list[tuple[bytes, bytes]]

JSON: Headers = [(b"content-type", b"application/json")]
ANY_SITE: Headers = [(b"access-control-allow-origin", b"*")]
PREFLIGHT: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"86400"),
]

NO_SNIFFING: Headers = [(b"x-content-type-options", b"nosniff")]

# Said thousands of times a second, so made once.
OK: Message = {"type": "http.response.body", "body": b'{"ok":true}'}
STORED: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"11"), *JSON]}
STORED_TO_ANY_SITE: Message = {**STORED, "headers": [*STORED["headers"], *ANY_SITE]}


async def answer_stored(send: Send, *, to_any_site: bool) -> None:
    await send(STORED_TO_ANY_SITE if to_any_site else STORED)
    await send(OK)


async def answer_preflight(send: Send) -> None:
    """Let a page of any site send deliveries: the visitor's token decides, never a cookie."""
    await _answer(send, 204, b"", PREFLIGHT)


async def answer_text(send: Send, text: str) -> None:
    await _answer(send, 200, text.encode(), [(b"content-type", b"text/plain; charset=utf-8"), *NO_SNIFFING])


async def answer_refused(send: Send, refused: RefusedError, *, to_any_site: bool) -> None:
    body = json.dumps({"error": refused.error, "detail": refused.detail}).encode()
    headers = [*JSON, *refused.headers]
    if to_any_site:
        headers += [*ANY_SITE, (b"access-control-expose-headers", b"retry-after")]
    await _answer(send, refused.status, body, headers)


async def _answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
