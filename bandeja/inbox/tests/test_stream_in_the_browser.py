"""What a page asks for when its stream opens: nothing when nothing happened, and what happened meanwhile is shown."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import connection
from playwright.sync_api import Page, Route, expect

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.test_in_the_browser import page  # noqa: F401 - the fixture
from bandeja.realtime.past import SLACK
from bandeja.realtime.word import say
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STREAM = "**/events?token=*"
A_WHILE = 1500  # milliseconds: more than a page gathers rings for


def asked_by(page: Page) -> list[str]:
    """The addresses that scripts ask for from now on; those of the list, of threads and of the bell."""
    asked: list[str] = []
    parts = ("/inbox/", "/notifications")

    def note(address: str, kind: str) -> None:
        if kind in {"fetch", "xhr"} and any(part in address for part in parts) and "/presence" not in address:
            asked.append(address)

    page.on("request", lambda request: note(request.url, request.resource_type))
    return asked


def opened_late(page: Page, address: str, meanwhile: Callable[[], object]) -> None:
    """Opens a page whose stream opens only after something has happened meanwhile."""

    def wait(route: Route) -> None:
        try:
            meanwhile()
        finally:
            connection.close()  # the browser's messages are taken beside the test, with a connection of their own
        route.continue_()

    page.route(STREAM, wait, times=1)
    with page.expect_response(STREAM):
        page.goto(address)


def read(cast: Cast, conversation: Conversation) -> None:
    """Somebody read it, long enough ago that nobody doubts it was before the page was made."""
    lifecycle.mark_read([conversation.pk], scope=Scope.of(cast.ana))
    time.sleep(SLACK + 0.3)


@pytest.mark.one_hand("nothing is pressed")
def test_when_nothing_happened_since_the_page_was_made_it_asks_for_nothing(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    read(cast, conversation)
    asked = asked_by(page)
    for address in (f"/inbox/{conversation.pk}", "/inbox", "/settings/closing"):
        with page.expect_response(STREAM):
            page.goto(address)
        page.wait_for_timeout(A_WHILE)
    assert asked == []
    cast.write("Lía", text="¿Siguen ahí?")
    page.goto(f"/inbox/{conversation.pk}")
    cast.write("Lía", text="Gracias")
    expect(page.locator(".bubble", has_text="Gracias")).to_be_visible()


@pytest.mark.one_hand("nothing is pressed")
def test_what_happened_before_the_stream_opened_is_shown(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    read(cast, conversation)
    opened_late(page, f"/inbox/{conversation.pk}", lambda: cast.write("Lía", text="¿Siguen ahí?"))
    expect(page.locator(".bubble", has_text="¿Siguen ahí?")).to_be_visible()
    expect(page.locator(".row-snippet")).to_contain_text("¿Siguen ahí?")


@pytest.mark.one_hand("nothing is pressed")
def test_what_one_is_told_of_before_the_stream_opened_is_counted(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    lifecycle.assign([conversation.pk], cast.ana.pk, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    read(cast, conversation)
    asked = asked_by(page)
    opened_late(page, "/settings/closing", lambda: told(cast))
    expect(page.locator("#bell-count")).to_be_hidden()
    page.wait_for_timeout(A_WHILE)
    assert [address.rsplit("/", 1)[1] for address in asked] == ["notifications"]


def told(cast: Cast) -> None:
    """A word, as what tells people says it."""
    say([cast.ana.pk], "notified", {})


@pytest.mark.one_hand("nothing is pressed")
def test_after_a_gap_that_nobody_knows_of_everything_is_asked_for(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    read(cast, conversation)
    long_ago = "document.querySelector('meta[name=stream]').dataset.since = '1000000'"
    page.add_init_script(f"document.addEventListener('readystatechange', () => {{ {long_ago} }}, {{ once: true }})")
    asked = asked_by(page)
    with page.expect_response(STREAM):
        page.goto(f"/inbox/{conversation.pk}")
    page.wait_for_timeout(A_WHILE)
    paths = {address.split("?")[0].rsplit("/", 1)[1] for address in asked}
    assert paths == {"list", str(conversation.pk), "notifications"}


def test_whoever_opens_what_is_unread_is_not_sent_to_fetch_it_again(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    time.sleep(SLACK + 0.3)
    with page.expect_response(STREAM):
        page.goto("/inbox")
    asked = asked_by(page)
    page.locator(".row-link").click()
    expect(page.locator(".bubble")).to_be_visible()
    expect(page.locator(".row.unread")).to_have_count(0)
    page.wait_for_timeout(A_WHILE)
    threads = [address for address in asked if f"/inbox/{conversation.pk}" in address]
    assert len(threads) == 1, asked
