"""Calling Graph: what left and what did not are told apart, and no token is ever written down."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from io import BytesIO
from typing import Any

import httpx
import pytest

from bandeja.channels.meta import graph
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.sending import Fault, NotReached, Refused, Unanswered

TOKEN = "EAAB-secret-token"


@pytest.fixture
def ours() -> graph.Graph:
    return graph.facebook(TOKEN)


def test_the_address_has_the_version_and_the_token_goes_in_a_header(meta: Fake, ours: graph.Graph) -> None:
    meta.says({"id": "1"})
    assert ours.get("106/x", fields="id") == {"id": "1"}
    asked = meta.asked[0]
    assert str(asked.url) == "https://graph.facebook.com/v26.0/106/x?fields=id"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"


def test_instagram_login_has_a_host_of_its_own_and_an_app_may_replace_both() -> None:
    assert graph.instagram("t").base == "https://graph.instagram.com/v26.0"
    assert graph.instagram("t", "http://127.0.0.1:9/").base == "http://127.0.0.1:9/v26.0"
    assert graph.facebook("t", "http://127.0.0.1:9").base == "http://127.0.0.1:9/v26.0"


def test_host_and_version_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_GRAPH_URL", "https://elsewhere.example/")
    monkeypatch.setenv("BANDEJA_GRAPH_VERSION", "v27.0")
    assert graph.facebook("t").base == "https://elsewhere.example/v27.0"


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
def test_what_never_left_is_not_reached(meta: Fake, ours: graph.Graph, error: Exception) -> None:
    meta.says(error)
    with pytest.raises(NotReached):
        ours.post("1/messages", {"a": 1})


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError("reset by peer"),
        httpx.RemoteProtocolError("closed"),
        HTML,
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"messages":[{"id":'),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"[]"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}, content=b""),
        httpx.Response(404, content=b"Not here"),
        refusal(131000, status=500),
        refusal(2, status=503),
        refusal(131016, status=503),
        refusal(987654, status=500),
    ],
)
def test_what_left_and_was_not_answered_is_unanswered(meta: Fake, ours: graph.Graph, reply: Any) -> None:
    """meta.md E7: a timeout, a reset, a server's error or HTML tell nothing of what was done."""
    meta.says(reply)
    with pytest.raises(Unanswered):
        ours.post("1/messages", {"a": 1})
    assert len(meta.asked) == 1, "nothing is sent twice"


def test_an_answer_without_end_is_not_read_to_its_end(
    meta: Fake, ours: graph.Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "ANSWER_LIMIT", 1_000)
    meta.says(answer({"data": "x" * 2_000}))
    with pytest.raises(Unanswered, match="too large"):
        ours.get("1")


def test_a_trickle_is_not_waited_for(meta: Fake, ours: graph.Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))

    def trickle() -> Iterator[bytes]:
        while True:
            yield b" "

    meta.says(lambda _: httpx.Response(200, content=trickle()))
    with pytest.raises(Unanswered, match="too slowly"):
        ours.get("1")


def test_a_refusal_says_what_and_why(meta: Fake, ours: graph.Graph) -> None:
    meta.says(refusal(190, 463, status=401, text="Session has expired", details="on Monday"))
    with pytest.raises(Refused) as refused:
        ours.get("me")
    assert refused.value.told() == {
        "fault": "token",
        "code": 190,
        "subcode": 463,
        "text": "Session has expired",
        "details": "on Monday",
    }


@pytest.mark.parametrize("status", [400, 500])
def test_a_clear_no_is_a_refusal_whatever_its_status(meta: Fake, ours: graph.Graph, status: int) -> None:
    meta.says(refusal(131026, status=status))
    with pytest.raises(Refused) as refused:
        ours.post("1/messages", {"a": 1})
    assert refused.value.fault is Fault.RECIPIENT


def test_an_error_with_a_200_is_a_refusal_too(meta: Fake, ours: graph.Graph) -> None:
    meta.says(refusal(100, status=200))
    with pytest.raises(Refused):
        ours.get("1")


USAGE = '{"106":[{"type":"messenger","estimated_time_to_regain_access":3},{"type":"pages"}]}'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"X-Business-Use-Case-Usage": USAGE}, 180),
        ({"Retry-After": "400", "X-Business-Use-Case-Usage": USAGE}, 400),
        ({"Retry-After": "tomorrow", "X-Business-Use-Case-Usage": "[[["}, 10),
        ({"Retry-After": "-3"}, 10),
        ({"Retry-After": "99999999999"}, 86_400),
        ({}, 10),
    ],
)
def test_the_pause_is_the_one_the_headers_ask_for(
    meta: Fake, ours: graph.Graph, headers: dict[str, str], seconds: int
) -> None:
    for reply in (refusal(130429, status=429, headers=headers), httpx.Response(429, headers=headers, content=b"<p>")):
        meta.says(reply)
        with pytest.raises(Refused) as refused:
            ours.post("1/messages", {"a": 1})
        assert (refused.value.fault, refused.value.wait) == (Fault.THROTTLED, timedelta(seconds=seconds))


@pytest.mark.parametrize("token", ["", " ", "ñandú", "two\nlines"])
def test_a_token_that_cannot_be_one_is_refused_without_a_call(meta: Fake, token: str) -> None:
    with pytest.raises(Refused) as refused:
        graph.facebook(token).get("me")
    assert (refused.value.fault, meta.asked) == (Fault.TOKEN, [])


def test_no_token_is_in_the_address_the_log_or_what_is_raised(
    meta: Fake, ours: graph.Graph, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bandeja")
    meta.says({"ok": True}, refusal(190, status=401, headers={"x-fb-request-id": "req-1"}), httpx.ReadTimeout("x"))
    ours.get("a")
    with pytest.raises(Refused) as refused:
        ours.get("b")
    with pytest.raises(Unanswered) as unanswered:
        ours.get("c")
    told = [repr(record.__dict__) for record in caplog.records]
    assert "'fbtrace_id': 'AbC'" in told[1]
    assert "'request_id': 'req-1'" in told[1]
    for text in [
        *told,
        *(str(each.url) for each in meta.asked),
        repr(refused.value),
        repr(unanswered.value),
        repr(ours),
    ]:
        assert TOKEN not in text


def test_a_list_is_followed_to_its_end_on_our_own_address(meta: Fake, ours: graph.Graph) -> None:
    """The next page's address carries the token, and could name any host: only its parameters are taken."""
    elsewhere = "https://evil.example/v26.0/9/x?access_token=t&limit=2&after=MQ"
    meta.says(
        {"data": [{"id": 1}, "?", {"id": 2}], "paging": {"next": elsewhere}}, {"data": [{"id": 3}], "paging": {}}
    )
    assert [each["id"] for each in ours.pages("5/things", limit=2)] == [1, 2, 3]
    assert [str(each.url) for each in meta.asked] == [
        "https://graph.facebook.com/v26.0/5/things?limit=2",
        "https://graph.facebook.com/v26.0/5/things?limit=2&after=MQ",
    ]


def test_a_list_that_turns_in_a_circle_ends(meta: Fake, ours: graph.Graph) -> None:
    meta.says({"data": [{"id": 1}], "paging": {"next": "https://x/?after=MQ"}})
    assert len(list(ours.pages("5/things"))) == 2


def test_a_list_without_end_is_an_error_and_not_a_short_list(
    meta: Fake, ours: graph.Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "MOST_PAGES", 3)
    pages = iter(range(100))
    meta.says(lambda _: answer({"data": [], "paging": {"next": f"https://x/?after={next(pages)}"}}))
    with pytest.raises(Unanswered):
        list(ours.pages("5/things"))


def test_a_file_is_handed_over_in_parts(meta: Fake, ours: graph.Graph) -> None:
    meta.says({"id": "77"})
    fields = {"messaging_product": "whatsapp", "type": "image/png"}
    assert ours.upload("1/media", fields, "file", ("a.png", BytesIO(b"bytes"), "image/png")) == {"id": "77"}
    content = meta.asked[0].content
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in content
    assert b'name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nbytes' in content


def test_an_unanswered_upload_may_be_tried_again(meta: Fake, ours: graph.Graph) -> None:
    meta.says(httpx.ReadTimeout("x"))
    with pytest.raises(Refused) as refused:
        ours.upload("1/media", {}, "file", ("a", BytesIO(b""), "image/png"))
    assert refused.value.fault is Fault.TRANSIENT


def test_threads_that_are_first_at_once_share_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that only one of them knew of would never be closed."""

    def make() -> object:
        time.sleep(0.05)
        return object()

    monkeypatch.setattr(graph, "_client", cache(make))
    with ThreadPoolExecutor(4) as threads:
        clients = set(threads.map(lambda _: graph.client(), range(4)))
    assert len(clients) == 1
