"""The web process as others meet it: one port for door, streams and pages, and an end that keeps nobody waiting."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import count
from time import monotonic, sleep

import pytest

from bandeja.channels.models import Account, Receipt
from bandeja.channels.webchat import visitor
from bandeja.realtime import tokens
from tests.cast import Cast
from tests.server import Server, a_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    with a_server() as server:
        yield server


def deliver(line: HTTPConnection, account: Account, body: bytes) -> tuple[int, dict[str, object]]:
    token = visitor.make(account.external_id)[1]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    line.request("POST", f"/hooks/webchat/{account.external_id}", body, headers)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def open_stream(server: Server, cast: Cast) -> HTTPConnection:
    line = server.connect()
    line.request("GET", f"/events?token={tokens.mint(cast.workspace.pk, cast.ana.pk)}")
    answer = line.getresponse()
    assert answer.status == 200
    assert answer.readline().startswith(b"retry: ")
    return line


def test_a_delivery_too_large_is_refused_in_words_and_the_line_goes_on(cast: Cast, server: Server) -> None:
    """The sender writes all of it before it reads: cut off, it would never see why."""
    line = server.connect()
    status, said = deliver(line, cast.chat, b" " * 4_000_000)
    assert (status, said["error"]) == (413, "too_large")
    assert deliver(line, cast.chat, b'{"id": "1", "text": "Hola"}') == (200, {"ok": True})
    assert Receipt.objects.count() == 1
    line.close()


@pytest.mark.parametrize("trusted", ["127.0.0.1", ""])
def test_whom_a_proxy_names_is_believed_only_of_a_trusted_one(
    transactional_db: None, cast: Cast, trusted: str
) -> None:
    """Too many new visitors from one address are asked to wait; whoever may name addresses has all they ask for."""
    with a_server(BANDEJA_TRUSTED_PROXIES=trusted) as server, closing(server.connect()) as line:

        def meet(address: str) -> int:
            path = f"/widget/{cast.chat.external_id}/session"
            line.request("POST", path, headers={"X-Forwarded-For": address, "Content-Length": "0"})
            answer = line.getresponse()
            answer.read()
            return answer.status

        assert [meet("203.0.113.7") for _ in range(150)][-1] == 429
        assert meet("203.0.113.8") == (200 if trusted else 429)


def test_bytes_that_no_address_may_hold_are_no_error_of_ours(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"GET /healthz?q=\xc3\xb1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert line.recv(4096).split()[1] in {b"200", b"400"}


def test_it_stops_at_once_though_streams_are_open(cast: Cast, server: Server) -> None:
    streams = [open_stream(server, cast) for _ in range(3)]
    assert server.stop() < 3
    for stream in streams:
        stream.close()


def test_what_was_answered_is_stored_though_the_process_is_killed(cast: Cast, server: Server) -> None:
    numbers, answered = count(), list[str]()

    def write_until_nobody_answers() -> None:
        line = server.connect()
        try:
            while True:
                body = json.dumps({"id": str(next(numbers))})
                if deliver(line, cast.chat, body.encode())[0] == 200:
                    answered.append(body)
        except (HTTPException, OSError):
            line.close()

    with ThreadPoolExecutor(8) as writers:
        for _ in range(8):
            writers.submit(write_until_nobody_answers)
        until = monotonic() + 20
        while len(answered) <= 50 and monotonic() < until:
            sleep(0.05)
        server.process.kill()
    stored = {bytes(receipt.body).decode() for receipt in Receipt.objects.all()}
    assert len(answered) > 50
    assert set(answered) <= stored
