"""Posting to an address that somebody typed: where it may lead, how long it may take, how much it may answer."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from bandeja.webhooks import outside
from bandeja.webhooks.outside import MOST_READ, Failure, post
from bandeja.webhooks.tests.receiver import Receiver, Reply


def test_bytes_arrive_as_they_are_and_the_answer_is_told(receiver: Receiver) -> None:
    receiver.put(Reply(201, b"thanks", {"X-Request-Id": "7"}))
    answer = post(receiver.url, b'{"a":1}', {"Content-Type": "application/json", "X-Key": "k"})
    assert (answer.status, answer.body, answer.failure) == (201, b"thanks", None)
    assert answer.headers["x-request-id"] == "7"
    assert 0 <= answer.ms < 10_000
    (told,) = receiver.told
    assert (told.body, told.headers["x-key"]) == (b'{"a":1}', "k")


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_anything_but_2xx_is_refused(receiver: Receiver, status: int) -> None:
    receiver.put(Reply(status, b"no"))
    answer = post(receiver.url, b"{}", {})
    assert (answer.status, answer.body, answer.failure) == (status, b"no", Failure.REFUSED)


def test_64_kb_of_an_answer_are_read(receiver: Receiver) -> None:
    receiver.put(Reply(200, b"x" * 3_000_000))
    answer = post(receiver.url, b"{}", {})
    assert (answer.status, len(answer.body), answer.failure) == (200, MOST_READ, None)


def test_a_packed_answer_is_not_unpacked(receiver: Receiver) -> None:
    receiver.put(Reply(200, b"\x1f\x8b not gzip", {"Content-Encoding": "gzip"}))
    assert post(receiver.url, b"{}", {}).body == b"\x1f\x8b not gzip"


@pytest.mark.parametrize("reply", [Reply(before=2.0), Reply(drip=0.2, body=b"x" * 50)])
def test_what_takes_longer_in_sum_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    """A trickle too, whose single bytes are each in time."""
    monkeypatch.setattr(outside, "SECONDS", 0.5)
    receiver.put(reply)
    began = time.monotonic()
    answer = post(receiver.url, b"{}", {})
    assert time.monotonic() - began < 1.5
    assert answer.failure == Failure.TOO_SLOW or len(answer.body) < 50


def test_headers_that_trickle_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("BANDEJA_WEBHOOK_HOSTS", host)

        def trickle() -> None:
            with server.accept()[0] as connection, suppress(OSError):
                for _ in range(40):
                    time.sleep(0.1)
                    connection.send(b"H")

        threading.Thread(target=trickle, daemon=True).start()
        began = time.monotonic()
        assert post(f"http://{host}/", b"{}", {}).failure == Failure.TOO_SLOW
        assert time.monotonic() - began < 1.5


def test_a_name_that_is_looked_up_for_ever_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.2)
    monkeypatch.setattr("bandeja.guard.socket.getaddrinfo", lambda *_, **__: time.sleep(3))
    began = time.monotonic()
    assert post("https://example.com/", b"{}", {}).failure == Failure.TOO_SLOW
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("https://127.0.0.1/", Failure.NOT_PUBLIC),
        ("https://[::1]:8443/", Failure.NOT_PUBLIC),
        ("https://localhost/", Failure.NOT_PUBLIC),
        ("https://169.254.169.254/latest/", Failure.NOT_PUBLIC),
        ("http://8.8.8.8/", Failure.NOT_PUBLIC),
        ("https://no-such-name.invalid/", Failure.NOT_FOUND),
        ("ftp://example.com/", Failure.NOT_AN_ADDRESS),
        ("https://[::1", Failure.NOT_AN_ADDRESS),
        ("", Failure.NOT_AN_ADDRESS),
        ("hook", Failure.NOT_AN_ADDRESS),
    ],
)
def test_other_addresses_are_never_called(url: str, failure: Failure) -> None:
    assert post(url, b"{}", {}).failure == failure


def test_a_name_whose_answer_has_one_address_of_ours_is_never_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr("bandeja.guard.socket.getaddrinfo", lambda *_, **__: found)
    assert post("https://example.com/", b"{}", {}).failure == Failure.NOT_PUBLIC


def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("BANDEJA_WEBHOOK_HOSTS", host)
    assert post(f"http://{host}/", b"{}", {}).failure == Failure.NO_CONNECTION


def test_a_server_that_speaks_no_tls_is_not_trusted(receiver: Receiver) -> None:
    assert post(f"https://{receiver.host}/", b"{}", {}).failure == Failure.NOT_TRUSTED


def test_a_server_that_hangs_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("BANDEJA_WEBHOOK_HOSTS", host)

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        assert post(f"http://{host}/", b"{}", {}).failure == Failure.BROKEN_OFF


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_body_is_followed(receiver: Receiver, status: int) -> None:
    there = receiver.put(Reply(200, b"there"), path="/there")
    receiver.put(Reply(status, headers={"Location": there}))
    assert post(receiver.url, b"body", {}).body == b"there"
    assert [(told.path, told.body) for told in receiver.told] == [("/hook", b"body"), ("/there", b"body")]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_loses_the_body_is_not(receiver: Receiver, status: int) -> None:
    receiver.put(Reply(status, headers={"Location": receiver.put(Reply(), path="/there")}))
    answer = post(receiver.url, b"body", {})
    assert (answer.status, answer.failure) == (status, Failure.REDIRECTED)
    assert [told.path for told in receiver.told] == ["/hook"]


def test_a_redirect_inwards_is_refused(receiver: Receiver) -> None:
    other = Receiver()
    receiver.put(Reply(307, headers={"Location": other.url}))
    assert post(receiver.url, b"body", {}).failure == Failure.NOT_PUBLIC
    other.close()
    assert other.told == []


def test_redirects_in_a_circle_end(receiver: Receiver) -> None:
    receiver.put(Reply(307, headers={"Location": "/hook"}))
    answer = post(receiver.url, b"body", {})
    assert (answer.status, answer.failure) == (307, Failure.REDIRECTED)
    assert len(receiver.told) == 1 + outside.MOST_REDIRECTS


def test_no_cookie_is_kept(receiver: Receiver) -> None:
    receiver.put(Reply(headers={"Set-Cookie": "a=b; Path=/"}))
    for _ in range(2):
        post(receiver.url, b"{}", {})
    assert "cookie" not in receiver.told[1].headers
