"""The small pieces of the doorbell: what waits for a slow page, and what a token says."""

import asyncio
import time

from django.core import signing
from django.test import Client as Browser

from bandeja.realtime import tokens
from bandeja.realtime.clients import PING, RESYNC, Client, Rooms
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
