"""What is sent to pages: whoever sends slowly, or stops half-way, keeps nobody else waiting."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.http.request import UnreadablePostError

from bandeja import bodies
from bandeja.asgi import Web
from bandeja.intake.knock import HungUpError
from tests.server import Server, a_server

HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    with a_server() as server:
        yield server


def stalled(server: Server, path: str, length: int = 1000, kind: str = FORM) -> socket.socket:
    """Somebody who says that so much follows, and sends a little of it."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    line.sendall(HEAD.format(path=path, kind=kind, length=length).encode() + b"login=ana")
    return line


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("length", [1000, 2_000_000])
def test_many_who_send_nothing_stop_no_page(server: Server, length: int) -> None:
    with ExitStack() as lines:
        for _ in range(20):
            kind = FORM if length < bodies.SHORT else "multipart/form-data; boundary=x"
            lines.enter_context(stalled(server, "/accounts/login/", length, kind))
        page = server.connect()
        page.request("GET", "/healthz")
        assert page.getresponse().status == 200
        page.close()


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_in_pieces_is_read_whole(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(
            HEAD.format(path="/api/v1/conversations/1/messages", kind="application/json", length=9).encode()
            + b'{"a":'
        )
        line.sendall(b" 12}")
        assert line.recv(4096).split()[1] == b"401"


def heard(*messages: dict[str, Any]) -> Any:
    """A `receive` that says these, and then nothing for ever."""
    left = list(messages)

    async def receive() -> Any:
        if not left:
            await asyncio.sleep(3600)
        return left.pop(0)

    return receive


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


SCOPE: dict[str, Any] = {"headers": [(b"content-length", b"6")]}


def test_a_short_body_is_said_again_in_one_piece_and_then_what_comes_after() -> None:
    async def story() -> list[Any]:
        receive = heard(piece(b"abc", more=True), piece(b"def"), {"type": "http.disconnect"})
        again = await bodies.whole(SCOPE, receive)
        return [await again(), await again()]

    assert asyncio.run(story()) == [piece(b"abcdef"), {"type": "http.disconnect"}]


def test_a_body_that_does_not_come_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(bodies.whole(SCOPE, heard(piece(b"abc", more=True)), patience=0.01))
    with pytest.raises(HungUpError):
        asyncio.run(bodies.whole(SCOPE, heard({"type": "http.disconnect"})))
    with pytest.raises(TimeoutError):
        asyncio.run(bodies.steady(heard(), patience=0.01)())  # type: ignore[arg-type]  # a coroutine all the same


def test_who_leaves_half_way_has_said_nothing() -> None:
    """Half a form is a form to Django: a note without the field that makes it one went to the contact."""

    async def story() -> list[Any]:
        receive = bodies.steady(heard(piece(b"abc"), {"type": "http.disconnect"}))
        whole = [await receive(), await receive()]
        receive = bodies.steady(heard(piece(b"abc", more=True), {"type": "http.disconnect"}))
        await receive()
        with pytest.raises(OSError, match="left"):
            await receive()
        return whole

    assert asyncio.run(story()) == [piece(b"abc"), {"type": "http.disconnect"}]


@pytest.mark.parametrize("length", [1000, bodies.SHORT + 1])
def test_django_is_not_asked_about_half_a_form(length: int) -> None:
    asked: list[QueryDict] = []

    def view(environ: dict[str, Any], start: Any) -> list[bytes]:
        asked.append(WSGIRequest(environ).POST)
        start("200 OK", [])
        return [b""]

    async def send(_message: Any) -> None:
        pass

    async def story() -> None:
        web = Web()
        web._pages = web._files = WSGIMiddleware(view)  # type: ignore[arg-type]  # a2wsgi types its own environ
        scope = {
            "type": "http", "method": "POST", "path": "/inbox/1/messages", "query_string": b"", "http_version": "1.1",
            "headers": [(b"content-type", FORM.encode()), (b"content-length", str(length).encode())],
        }  # fmt: skip
        await web(scope, heard(piece(b"text=Te+dev", more=True), {"type": "http.disconnect"}), send)

    with suppress(UnreadablePostError):
        asyncio.run(story())
    assert asked == []


def test_who_is_too_slow_is_told_so() -> None:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(bodies.answer_too_slow(send))
    assert said[0]["status"] == 408
    assert (b"connection", b"close") in said[0]["headers"]


@pytest.mark.parametrize(("said", "length"), [(b"12", 12), (b"", 0), (b"-1", 0), (b"many", 0)])
def test_the_length_is_what_the_head_says(said: bytes, length: int) -> None:
    assert bodies.length({"headers": [(b"content-length", said)]}) == length
