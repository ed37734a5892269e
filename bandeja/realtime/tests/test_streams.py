"""The doorbell: who hears that something changed, and what happens when it could not be heard."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from bandeja.channels import accounts
from bandeja.channels.webchat import visitor
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.link import connect_to
from bandeja.people import members, sessions
from bandeja.people.links import make_agent
from bandeja.people.models import Agent
from bandeja.realtime import past, stream, tokens
from bandeja.realtime.past import SLACK
from bandeja.realtime.tests.listening import EAR, Radio, a_radio, address
from bandeja.realtime.word import say
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def on_the_radio(story: Callable[[Radio], Awaitable[None]]) -> None:
    async def run() -> None:
        async with a_radio() as radio:
            await story(radio)

    asyncio.run(run())


def token_of(cast: Cast) -> str:
    return tokens.mint(cast.workspace.pk, cast.ana.pk)


def test_an_agent_hears_their_own_workspace_and_no_other(cast: Cast, carla: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana, other = await radio.agent(token_of(cast)), await radio.agent(token_of(carla))
        await radio.ring([cast.workspace.pk], [7, 8])
        assert await ana.hears() == ("changed", {"c": [7, 8]})
        assert await other.hears_nothing()
        await radio.ring([carla.workspace.pk], "many")
        assert await other.hears() == ("changed", {"c": "many"})
        assert await ana.hears_nothing()

    on_the_radio(story)


def test_when_several_workspaces_change_at_once_nobody_learns_anothers_ids(cast: Cast, carla: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        await radio.ring([cast.workspace.pk, carla.workspace.pk], [7, 8])
        assert await ana.hears() == ("changed", {"c": "many"})

    on_the_radio(story)


def test_an_agent_hears_that_a_conversation_was_only_read(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        await radio.notify(json.dumps({"w": [cast.workspace.pk], "c": [7], "read": True}))
        assert await ana.hears() == ("changed", {"c": [7], "read": True})

    on_the_radio(story)


def test_a_visitor_hears_their_own_conversation_only(cast: Cast) -> None:
    name, token = visitor.make(cast.chat.external_id)
    theirs, someone_elses = cast.write(name), cast.write("someone else")

    async def story(radio: Radio) -> None:
        lia = await radio.visitor(cast.chat.external_id, token)
        await radio.ring([cast.workspace.pk], [someone_elses.pk])
        assert await lia.hears_nothing()
        await radio.ring([cast.workspace.pk], [theirs.pk])
        assert await lia.hears() == ("changed", {})
        await radio.ring([cast.workspace.pk], "many")
        assert await lia.hears() == ("changed", {})

    on_the_radio(story)


def test_a_visitor_who_has_not_written_yet_hears_once_they_have(cast: Cast) -> None:
    name, token = visitor.make(cast.chat.external_id)

    async def story(radio: Radio) -> None:
        lia = await radio.visitor(cast.chat.external_id, token)
        conversation = await asyncio.to_thread(write_elsewhere, cast, name)
        assert await lia.hears() == ("changed", {})
        await radio.ring([cast.workspace.pk], [conversation])
        assert await lia.hears() == ("changed", {})
        assert await lia.hears_nothing()

    on_the_radio(story)


def write_elsewhere(cast: Cast, name: str) -> int:
    """Joined by another thread, which leaves no connection behind; its transaction rings."""
    try:
        return cast.write(name).pk
    finally:
        connection.close()


def test_a_visitor_whose_conversation_was_merged_away_comes_again_and_hears_the_one_it_became(cast: Cast) -> None:
    name, token = visitor.make(cast.chat.external_id)
    goes, stays = cast.write(name), cast.write("lia")

    async def story(radio: Radio) -> None:
        lia = await radio.visitor(cast.chat.external_id, token)
        await asyncio.to_thread(merge_elsewhere, cast, stays, goes)
        assert await lia.body() == b""
        again = await radio.visitor(cast.chat.external_id, token)
        await radio.ring([cast.workspace.pk], [stays.pk])
        assert await again.hears() == ("changed", {})

    on_the_radio(story)


def merge_elsewhere(cast: Cast, stays: Conversation, goes: Conversation) -> None:
    """By another thread, which leaves no connection behind; its transaction rings."""
    try:
        merge(stays.contact_id, goes.contact_id, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    finally:
        connection.close()


def test_only_with_a_token_made_here(cast: Cast, carla: Cast) -> None:
    stale = tokens.mint(cast.workspace.pk, cast.ana.pk, seconds=-1)
    strangers = visitor.make(carla.chat.external_id)[1]

    async def story(radio: Radio) -> None:
        account = f"account={cast.chat.external_id}"
        assert await radio.refused("/events", "") == 401
        assert await radio.refused("/events/visitor", "account=x") == 401
        assert await radio.refused("/events", "token=x") == 403
        assert await radio.refused("/events", f"token={stale}") == 403
        assert await radio.refused("/events", f"token={strangers}") == 403
        assert await radio.refused("/events/visitor", f"token={strangers}&{account}") == 403
        assert await radio.refused("/events/visitor", f"token={token_of(cast)}&{account}") == 403
        assert await radio.refused("/events/visitor", f"token={strangers}&account=%00") == 403
        assert await radio.refused("/events", f"token={token_of(cast)}", method="POST") == 405

    on_the_radio(story)


def test_a_disconnected_web_chat_has_no_stream(cast: Cast) -> None:
    accounts.disconnect(cast.chat)
    token = visitor.make(cast.chat.external_id)[1]

    async def story(radio: Radio) -> None:
        assert await radio.refused("/events/visitor", f"token={token}&account={cast.chat.external_id}") == 404

    on_the_radio(story)


def test_a_stream_ends_when_its_token_does(cast: Cast) -> None:
    soon = tokens.mint(cast.workspace.pk, cast.ana.pk, seconds=0.3)

    async def story(radio: Radio) -> None:
        ana = await radio.agent(soon)
        assert await ana.body() == b""

    on_the_radio(story)


def test_a_quiet_stream_is_pinged(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PING_EVERY", 0.05)

    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        assert (await ana.body()).startswith(b"id: ")
        assert (await ana.body()).startswith(b"id: ")

    on_the_radio(story)


def now() -> int:
    """By the database's clock, in microseconds since 1970."""
    with connection.cursor() as cursor:
        cursor.execute("select (extract(epoch from clock_timestamp()) * 1e6)::bigint")
        return int(cursor.fetchone()[0])


def a_moment_later() -> int:
    """Later than the bell's own beginning, by more than clocks may differ."""
    time.sleep(SLACK + 0.1)
    return now()


def test_what_happened_between_the_making_of_a_page_and_its_stream_is_told_once(cast: Cast, carla: Cast) -> None:
    async def story(radio: Radio) -> None:
        made = await asyncio.to_thread(elsewhere_now)
        before = await radio.agent(token_of(cast))
        await radio.ring([cast.workspace.pk], [7])
        await radio.ring([carla.workspace.pk], [8])
        assert await before.hears() == ("changed", {"c": [7]})
        page = await radio.page(token_of(cast), made)
        assert await page.hears() == ("changed", {"c": [7]})
        assert await page.hears_nothing()
        await radio.ring([cast.workspace.pk], [9])
        assert await page.hears() == ("changed", {"c": [9]})

    on_the_radio(story)


def elsewhere_now() -> int:
    try:
        return a_moment_later()
    finally:
        connection.close()


def test_when_nothing_happened_since_a_page_was_made_its_stream_says_nothing(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        await radio.ring([cast.workspace.pk], [7])
        page = await radio.page(token_of(cast), await asyncio.to_thread(elsewhere_now))
        assert await page.hears_nothing()

    on_the_radio(story)


def test_a_word_said_before_the_stream_opened_is_told_to_whom_it_is_for(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        made = await asyncio.to_thread(elsewhere_now)
        before = await radio.agent(token_of(cast))
        await radio.notify(json.dumps({"a": [cast.ana.pk], "e": "notified", "d": {}}), "bandeja_word")
        assert await before.hears() == ("notified", {})
        assert await (await radio.page(token_of(cast), made)).hears() == ("notified", {})
        brunos = await radio.page(tokens.mint(cast.workspace.pk, cast.bruno.pk), made)
        assert await brunos.hears_nothing()

    on_the_radio(story)


def test_a_page_that_comes_back_hears_what_came_after_its_last_mark(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "SLACK", 0)

    async def story(radio: Radio) -> None:
        page = await radio.page(token_of(cast), await asyncio.to_thread(elsewhere_now))
        await radio.ring([cast.workspace.pk], [7])
        assert await page.hears() == ("changed", {"c": [7]})
        mark = str(int(page.last) + 1)
        await page.close()
        witness = await radio.agent(token_of(cast))
        await radio.ring([cast.workspace.pk], [8])
        assert await witness.hears() == ("changed", {"c": [8]})
        again = await radio.page(token_of(cast), 1, last=mark)
        assert await again.hears() == ("changed", {"c": [8]})

    on_the_radio(story)


@pytest.mark.parametrize("since", ["", "x", "-1", "0", "1", "%C2%B2", "9" * 19, "9" * 400, "1e9"])
def test_who_cannot_say_since_when_looks_at_everything(cast: Cast, since: str) -> None:
    async def story(radio: Radio) -> None:
        page = await radio.page(token_of(cast), since)
        assert await page.hears() == ("resync", {})
        await radio.ring([cast.workspace.pk], [7])
        assert await page.hears() == ("changed", {"c": [7]})

    on_the_radio(story)


def test_a_page_made_before_the_bell_was_heard_looks_at_everything(cast: Cast) -> None:
    made = now()

    async def story(radio: Radio) -> None:
        assert await (await radio.page(token_of(cast), made)).hears() == ("resync", {})
        later = await asyncio.to_thread(elsewhere_now)
        radio.streams.resync()  # the bell was deaf, and hears again
        assert await (await radio.page(token_of(cast), later)).hears() == ("resync", {})

    on_the_radio(story)


def test_after_the_bell_was_deaf_everyone_looks_again(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        async with await connect_to(address())() as other:
            await other.execute(f"select pg_terminate_backend(pid) {EAR}".encode())
        assert await ana.hears() == ("resync", {})
        await radio.ring([cast.workspace.pk], [7])
        assert await ana.hears() == ("changed", {"c": [7]})

    on_the_radio(story)


@pytest.mark.parametrize("payload", ["", "x", "[]", "{}", '{"w": 1, "c": []}', '{"w": [1], "c": 7}', "null"])
def test_a_bell_nobody_understands_silences_no_other(cast: Cast, payload: str) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        await radio.notify(payload)
        await radio.ring([cast.workspace.pk], [7])
        assert await ana.hears() == ("changed", {"c": [7]})

    on_the_radio(story)


def test_a_page_that_leaves_is_forgotten(cast: Cast) -> None:
    lia = visitor.make(cast.chat.external_id)[1]

    async def story(radio: Radio) -> None:
        for page in (await radio.agent(token_of(cast)), await radio.visitor(cast.chat.external_id, lia)):
            await page.close()
        assert not radio.streams._rooms.everyone()
        assert not radio.streams._rooms._members
        assert not radio.streams.newcomers._waiting
        assert not radio.streams.agents._open

    on_the_radio(story)


def test_when_the_server_stops_streams_end_and_none_opens(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        radio.streams.end()
        assert await ana.body() == b""
        assert await radio.refused("/events", f"token={token_of(cast)}") == 503

    on_the_radio(story)


def session_of(cast: Cast) -> str:
    """Ana signs in, and opens a page."""
    browser = Client()
    browser.force_login(cast.ana)
    browser.get("/settings/profile")
    return browser.session.session_key or ""


def token_in(cast: Cast, session_key: str) -> str:
    return tokens.mint(cast.workspace.pk, cast.ana.pk, session_key)


def elsewhere(act: Callable[[], object]) -> Awaitable[None]:
    """Acts in a thread, as a page does."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    return asyncio.to_thread(run)


def test_the_stream_of_a_session_that_is_ended_ends_at_once_and_opens_no_more(cast: Cast) -> None:
    ended, kept = session_of(cast), session_of(cast)

    async def story(radio: Radio) -> None:
        out, stays = await radio.agent(token_in(cast, ended)), await radio.agent(token_in(cast, kept))
        await elsewhere(lambda: sessions.end(cast.ana, but=kept))
        assert await out.body() == b""
        assert await stays.hears_nothing()
        assert await radio.refused("/events", f"token={token_in(cast, ended)}") == 403

    on_the_radio(story)


def test_the_streams_of_who_is_deactivated_end_at_once_and_open_no_more(cast: Cast) -> None:
    session = session_of(cast)
    other = make_agent(cast.workspace, "otra@tienda.example", role="admin")
    Agent.objects.filter(pk=other.pk).update(last_login=timezone.now())

    async def story(radio: Radio) -> None:
        ana, program = await radio.agent(token_in(cast, session)), await radio.agent(token_of(cast))
        await elsewhere(lambda: members.deactivate(cast.ana, by=None))
        assert (await ana.body(), await program.body()) == (b"", b"")
        assert await radio.refused("/events", f"token={token_in(cast, session)}") == 403
        assert await radio.refused("/events", f"token={token_of(cast)}") == 403

    on_the_radio(story)


def test_what_ended_while_the_bell_was_deaf_ends_once_it_hears_again(cast: Cast) -> None:
    session = session_of(cast)

    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_in(cast, session))
        await elsewhere(lambda: Session.objects.filter(session_key=session).delete())  # and no bell rings
        assert await ana.hears_nothing()
        radio.streams.resync()
        assert await ana.hears() == ("resync", {})
        assert await ana.body() == b""

    on_the_radio(story)


def test_a_token_of_another_session_or_workspace_opens_nothing(cast: Cast, carla: Cast) -> None:
    session_of(cast)

    async def story(radio: Radio) -> None:
        assert await radio.refused("/events", f"token={token_in(cast, 'x' * 32)}") == 403
        mixed = tokens.mint(carla.workspace.pk, cast.ana.pk)
        assert await radio.refused("/events", f"token={mixed}") == 403

    on_the_radio(story)


def test_a_word_reaches_the_agents_it_is_for_and_nobody_else(cast: Cast, carla: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana, other = await radio.agent(token_of(cast)), await radio.agent(token_of(carla))
        bruno = await radio.agent(tokens.mint(cast.workspace.pk, cast.bruno.pk))
        await elsewhere(lambda: say([cast.bruno.pk], "present", {"c": 7}))
        assert await bruno.hears() == ("present", {"c": 7})
        assert await ana.hears_nothing()
        assert await other.hears_nothing()

    on_the_radio(story)


def test_a_word_that_makes_no_sense_disturbs_nobody(cast: Cast) -> None:
    async def story(radio: Radio) -> None:
        ana = await radio.agent(token_of(cast))
        for nonsense in ("", "[]", '{"a": ["x"]}', '{"a": [1]}'):
            await radio.notify(nonsense, channel="bandeja_word")
        await radio.ring([cast.workspace.pk], [7])
        assert await ana.hears() == ("changed", {"c": [7]})

    on_the_radio(story)
