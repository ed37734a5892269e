"""The small pieces of the doorbell: what waits for a slow page, and what a token says."""

import asyncio
import time

from django.core import signing
from django.test import Client as Browser

from bandeja.realtime import tokens
from bandeja.realtime.clients import PING, RESYNC, Client, Rooms
from bandeja.realtime.past import Past, Watch
from tests.cast import Cast


def test_a_page_too_slow_to_hear_everything_is_told_to_look_at_everything() -> None:
    async def story() -> None:
        client = Client(bound=3)
        for number in range(4):
            client.tell(b"%d" % number)
        client.tell(b"after")
        assert await client.hear(1) == RESYNC + b"after"

    asyncio.run(story())


def test_what_waits_is_told_together_and_once() -> None:
    async def story() -> None:
        client = Client()
        client.tell(b"a")
        client.tell(b"b")
        assert await client.hear(1) == b"ab"
        assert await client.hear(0.01) == PING

    asyncio.run(story())


def test_an_ended_page_is_told_nothing_more() -> None:
    async def story() -> None:
        client = Client()
        client.tell(b"a")
        client.end()
        assert await client.hear(1) == b""

    asyncio.run(story())


def test_a_room_is_gone_with_its_last_member() -> None:
    async def story() -> None:
        rooms, one, two = Rooms(), Client(), Client()
        rooms.join("a", one)
        rooms.join("a", two)
        rooms.join("b", one)
        rooms.leave(one)
        rooms.tell("a", b"x")
        rooms.tell("b", b"x")
        assert await two.hear(1) == b"x"
        assert rooms.everyone() == [two]
        rooms.leave(two)
        rooms.leave(two)
        assert not rooms._members

    asyncio.run(story())


def test_what_was_said_is_kept_for_a_minute_and_no_longer() -> None:
    past = Past(kept=60)
    past.begin(1000)
    for at in (1010, 1020, 1065):
        past.keep("a", b"%d" % at, at)
        past.keep("b", b"other", at)
    assert past.since(["a"], 1020, now=1070) == [b"1020", b"1065"]
    assert past.since(["a"], 1030, now=1070) == [b"1065"]
    assert past.since(["a", "b"], 1030, now=1070) == [b"1065", b"other"]
    assert past.since(["c"], 1030, now=1070) == []
    assert past.since(["a"], 1009, now=1070) is None, "forgotten"
    assert past.since(["a"], 1030, now=1095) is None, "too long ago"
    past.keep("c", b"x", 2000)
    assert (len(past._order), list(past._rooms)) == (1, ["c"])


def test_what_is_forgotten_because_there_is_too_much_is_not_known_any_more() -> None:
    past = Past(kept=60, most=2)
    past.begin(1000)
    for at in (1010, 1011, 1012):
        past.keep("a", b"%d" % at, at)
    assert past.since(["a"], 1005, now=1013) is None
    assert past.since(["a"], 1011, now=1013) == [b"1011", b"1012"]


def test_nothing_is_known_before_the_bell_is_heard_nor_of_what_is_still_to_come() -> None:
    past = Past()
    assert past.since(["a"], 1000, now=1001) is None
    past.begin(1000)
    assert past.since(["a"], 999, now=1001) is None
    assert past.since(["a"], 1002, now=1001) is None
    assert past.since(["a"], 1001, now=1001) == []


def test_the_watch_is_never_earlier_than_the_database_and_never_goes_back() -> None:
    beat = 50.0
    watch = Watch(lambda: beat)
    watch.set(1000, asked_at=49.5)
    assert watch.read() == 1000.5
    beat = 60.0
    assert watch.read() == 1010.5
    watch.set(1010, asked_at=60)
    assert watch.read() == 1010.5
    beat = 61.0
    assert watch.read() == 1011.0


def test_a_token_says_who_may_hear_what_and_until_when() -> None:
    passed = tokens.read(tokens.mint(3, 5, seconds=60))
    assert passed is not None
    assert (passed.workspace_id, passed.agent_id) == (3, 5)
    assert 50 < passed.until - time.time() <= 60


def test_a_token_that_was_changed_or_made_for_something_else_says_nothing() -> None:
    token = tokens.mint(3, 5)
    assert tokens.read(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert tokens.read(signing.dumps([3, 5, time.time() + 60], salt="another")) is None
    assert tokens.read("") is None


def test_a_signed_in_agent_is_handed_a_token_of_their_workspace(cast: Cast, client: Browser) -> None:
    client.force_login(cast.bruno)
    answer = client.get("/events/token")
    passed = tokens.read(answer.json()["token"])
    assert passed is not None
    assert (passed.workspace_id, passed.agent_id) == (cast.workspace.pk, cast.bruno.pk)
    assert "no-store" in answer.headers["cache-control"]


def test_nobody_else_is_handed_one(db: None, client: Browser) -> None:
    assert client.get("/events/token").status_code == 401
    assert client.post("/events/token").status_code == 405
