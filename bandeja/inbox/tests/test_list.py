"""The list: what it shows to whom, in which order, and what a row says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bandeja.channels.models import Account
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Contact, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.rows import MOST, PAGE
from bandeja.inbox.tests.browser import Browser
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def give(cast: Cast, conversation: Conversation, owner: Agent | None) -> None:
    lifecycle.assign(
        [conversation.pk],
        owner.pk if owner else None,
        scope=Scope(cast.workspace.pk),
        by=Actor.agent(cast.ana),
    )


def close(cast: Cast, conversation: Conversation) -> None:
    lifecycle.close(
        [conversation.pk],
        scope=Scope(cast.workspace.pk),
        reason="Resuelto",
        cause=Cause.AGENT,
        by=Actor.agent(cast.ana),
    )


def test_the_inbox_requires_somebody_signed_in(client: Client, db: None) -> None:
    for path in ("/inbox", "/inbox/list", "/inbox/1", "/inbox/closures"):
        assert client.get(path)["location"].startswith("/accounts/login/")


def test_the_list_shows_open_conversations_the_newest_first(cast: Cast, ana: Browser, clock: Clock) -> None:
    for hours, who in enumerate(("Lía", "Mateo", "Vera")):
        cast.write(who, at=NOON + timedelta(hours=hours))
    close(cast, cast.write("Zoe", at=NOON))
    assert ana.names() == ["Vera", "Mateo", "Lía"]


def test_a_conversation_of_another_workspace_is_never_shown(cast: Cast, carla: Cast, ana: Browser) -> None:
    carla.write("Ajena")
    cast.write("Lía")
    assert ana.names(state="all", q="") == ["Lía"]
    assert ana.names(q="Ajena") == []


def test_a_seller_sees_their_own_and_the_unassigned(cast: Cast, bruno: Browser) -> None:
    give(cast, cast.write("De Ana"), cast.ana)
    give(cast, cast.write("De Bruno"), cast.bruno)
    cast.write("De nadie")
    assert sorted(bruno.names()) == ["De Bruno", "De nadie"]


def test_the_unread_tab_shows_only_unread(cast: Cast, ana: Browser) -> None:
    read = cast.write("Leída")
    cast.write("Nueva")
    lifecycle.mark_read([read.pk], scope=Scope(cast.workspace.pk))
    assert ana.names(tab="unread") == ["Nueva"]
    assert "Unread 1" in ana.see("/inbox/list")


def test_filters_choose_by_state_owner_and_account(
    cast: Cast, ana: Browser, another_account: Callable[[str], Account]
) -> None:
    shop = another_account("Tienda")
    mine = cast.write("Mía")
    give(cast, mine, cast.ana)
    give(cast, cast.write("Suya", account=shop), cast.bruno)
    close(cast, cast.write("Cerrada"))
    assert ana.names(state="closed") == ["Cerrada"]
    assert sorted(ana.names(state="all")) == ["Cerrada", "Mía", "Suya"]
    assert ana.names(owner="mine") == ["Mía"]
    assert ana.names(owner="nobody", state="all") == ["Cerrada"]
    assert ana.names(owner=str(cast.bruno.pk)) == ["Suya"]
    assert ana.names(account=str(shop.pk)) == ["Suya"]


@pytest.mark.parametrize("words", ["lia", "LÍA", "restrépo lia", "correo.co", "555 01", "restrepo"])
def test_search_finds_by_name_email_and_phone_without_accents(cast: Cast, ana: Browser, words: str) -> None:
    found = cast.write("Lía Restrepo", email="Lia@correo.co", phone="+57 311 555 0192")
    cast.write("Mateo")
    close(cast, found)
    assert ana.names(q=words) == ["Lía Restrepo"]


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", '"', "\x00", "%s", "🙂" * 99])
def test_odd_searches_find_nothing_and_break_nothing(cast: Cast, ana: Browser, words: str) -> None:
    cast.write("Lía")
    assert ana.names(q=words) == (["Lía"] if words == "\x00" else [])


@pytest.mark.parametrize(
    "query",
    [
        {"state": "x", "owner": "x", "account": "x", "tab": "x"},
        {"account": "9" * 40, "owner": "9" * 19},
        {"before": "x"},
        {"before": "9" * 30 + "_1"},
        {"before": "-1_-1"},
        {"count": "9" * 30},
        {"count": "-1"},
        {"before": "²_²"},
    ],
)
def test_an_address_that_makes_no_sense_still_answers(cast: Cast, ana: Browser, query: dict[str, str]) -> None:
    cast.write("Lía")
    assert ana.get("/inbox/list", **query).status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast, ana: Browser) -> None:
    together = NOON  # all at the same instant: only the id tells them apart
    for number in range(PAGE + 3):
        cast.write(f"C{number}", received_at=together, at=together)
    first = ana.get("/inbox/list")
    rest = ana.names(before=first.context["page"].next)
    assert len(ana.names()) == PAGE
    assert len(set(ana.names()) | set(rest)) == PAGE + 3
    assert len(rest) == 3


def test_a_refresh_brings_as_many_rows_as_were_there_up_to_a_bound(cast: Cast, ana: Browser) -> None:
    fill(cast, MOST + 5)
    assert len(ana.names(count=120)) == 120
    assert len(ana.names(count=10_000)) == MOST


def fill(cast: Cast, number: int) -> None:
    contacts = Contact.objects.bulk_create(
        Contact(workspace=cast.workspace, name=f"C{n}", created_at=NOON) for n in range(number)
    )
    Conversation.objects.bulk_create(
        Conversation(
            workspace=cast.workspace,
            account=cast.chat,
            contact=contact,
            opened_at=NOON,
            created_at=NOON,
            last_message_at=NOON,
        )
        for contact in contacts
    )


@pytest.mark.parametrize("number", [1, 60])
def test_a_page_costs_the_same_queries_however_many_rows(
    cast: Cast, ana: Browser, number: int, django_assert_max_num_queries: Any
) -> None:
    fill(cast, number)
    with django_assert_max_num_queries(19):
        ana.page("/inbox")


def test_the_chip_tells_a_closing_only_when_it_is_near(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON)
    cast.rule(amount=1, unit="hours")
    cast.write("Lía")
    clock.advance(minutes=44)
    assert 'data-style="coarse" hidden' in ana.get("/inbox/list").content.decode()
    clock.advance(minutes=2)
    assert 'data-style="coarse" >' in ana.get("/inbox/list").content.decode()


def test_a_row_says_who_has_it_what_was_said_last_and_that_it_is_unread(cast: Cast, ana: Browser) -> None:
    give(cast, cast.write("Lía", text="¿Hay café?"), cast.bruno)
    seen = ana.see("/inbox/list")
    assert "Lía" in seen
    assert "¿Hay café?" in seen
    assert "Owner: Bruno" in seen
    assert "Unread" in seen


def test_markup_in_names_and_messages_is_shown_as_text(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("<b>Lía</b>", text="<script>alert(1)</script>")
    html = ana.get("/inbox/list").content.decode() + ana.get(f"/inbox/{conversation.pk}").content.decode()
    assert "<script>alert" not in html
    assert "<b>Lía" not in html


def test_each_empty_list_teaches_the_next_step(cast: Cast, ana: Browser) -> None:
    assert "No open conversations." in ana.see("/inbox/list")
    assert "Everything is read" in ana.see("/inbox/list", tab="unread")
    assert "Nothing with these filters" in ana.see("/inbox/list", owner="mine")
    assert "Nobody by that name" in ana.see("/inbox/list", q="nadie")
    assert "No message says that." in ana.see("/inbox/list/texts", q="nadie")
    cast.chat.delete()
    assert "Connect your first account" in ana.see("/inbox/list")


def test_filtering_moves_the_address_along_and_keeps_the_open_thread_in_it(cast: Cast, ana: Browser) -> None:
    answer = ana._client.get(
        "/inbox/list", {"state": "all"}, headers={"HX-Current-URL": "http://testserver/inbox/7?tab=unread"}
    )
    assert answer["HX-Replace-Url"] == "/inbox/7?state=all"


def test_whoever_manages_accounts_is_led_to_the_sample_page(cast: Cast, ana: Browser, bruno: Browser) -> None:
    address, words = f"/widget/{cast.chat.external_id}/sample", "Write as a visitor on the sample page"
    assert address in ana.page("/inbox").content.decode()
    cast.write("Lía")
    assert "Choose a conversation" in ana.see("/inbox")
    assert words in ana.see("/inbox")
    assert words not in bruno.see("/inbox")


def test_the_dot_says_for_whom_it_is(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    lifecycle.assign([conversation.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert f"Unread for {cast.bruno}" in ana.see("/inbox/list")
    assert f"Unread for {cast.bruno}" in ana.see(f"/inbox/{conversation.pk}")


@pytest.mark.parametrize("owner", ["team-0", "team-999999", "0", "nadie"])
def test_an_owner_that_is_nobody_here_has_nothing_or_is_not_asked_for(cast: Cast, ana: Browser, owner: str) -> None:
    cast.write("Lía")
    assert ana.names(owner=owner) == ([] if owner.startswith("team-") else ["Lía"])
    assert ana.get("/inbox", owner=owner).status_code == 200
