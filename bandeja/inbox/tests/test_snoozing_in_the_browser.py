"""Snoozing by keyboard, and what other pages see of it by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.inbox.tests.test_in_the_browser import open_thread, page
from tests.cast import Cast

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_hand("told by keys already"),
    pytest.mark.django_db(transaction=True),
]


def test_it_leaves_the_list_by_a_key_and_the_contact_brings_it_back(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    open_thread(page, lia)
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("h")
    expect(page.locator("#dialog [name='when']:checked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#dialog [value='writes']")).to_be_checked()
    expect(page.locator("#dialog [name='until']")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Snoozed until Lía writes.")
    expect(page.locator("#clock")).to_contain_text("Snoozed until Lía writes")
    expect(page.locator(".row")).to_have_count(0)
    expect(page.locator("#state-snoozed")).to_contain_text("(1)")
    cast.write("Lía", text="¡Ya llegó!")
    expect(page.locator(".row-name")).to_have_text(["Lía"])
    expect(page.locator("#timeline")).to_contain_text("Lía wrote, and it is back")
    expect(page.locator("#clock")).not_to_contain_text("Snoozed")


def test_its_time_brings_it_back_and_the_same_key_does(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    with page.expect_response("**/events?token=*"):
        page.goto(f"/inbox/{lia.pk}?state=snoozed")
    page.keyboard.press("h")
    expect(page.locator("#dialog [name='when']:checked")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".row .chip")).to_be_visible()
    expect(page.locator("#clock")).to_contain_text("Snoozed until")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("h")
    expect(page.locator(".toast").last).to_contain_text("It is back among the open ones.")
    expect(page.locator("#clock")).not_to_contain_text("Snoozed")
    open_thread(page, lia)
    page.keyboard.press("h")
    expect(page.locator("#dialog [name='when']:checked")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(0)
    past = F("kept_until") - timedelta(days=9)
    Conversation.objects.update(kept_until=past)
    assert lifecycle.release_due(coverage.clock) == 1
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator("#timeline")).to_contain_text("It is back: it was snoozed until now")
