"""Bulk actions in a real browser: chosen by hand and by keyboard, told, and taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bandeja.conversations.models import Closure, Conversation
from bandeja.inbox.tests.test_in_the_browser import page  # noqa: F401 - the fixture
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MORE_THAN_A_PAGE = 45


def test_all_that_match_are_closed_and_opened_again_by_keyboard_alone(cast: Cast, page: Page) -> None:
    for number in range(MORE_THAN_A_PAGE):
        cast.write(f"Cliente {number}")
    with page.expect_response("**/events?token=*"):
        page.goto("/inbox")
    press = page.keyboard.press
    press("j")
    press("Shift+A")
    count = page.locator("#bulk [data-count]")
    expect(count).to_have_text("40")  # no room for more beside the offer of all
    press("Shift+A")
    expect(count).to_have_text(f"All {MORE_THAN_A_PAGE} that match")
    press("e")
    expect(page.locator("#dialog-title")).to_have_text(f"Close {MORE_THAN_A_PAGE} conversations")
    page.keyboard.type("Limpieza")
    press("Enter")
    told = page.locator("#bulks")
    expect(told).to_contain_text(f"{MORE_THAN_A_PAGE} conversations closed.")
    expect(page.locator("#announcer")).to_contain_text(f"{MORE_THAN_A_PAGE} conversations closed.")
    expect(page.locator("#bulk")).to_be_hidden()
    assert Closure.objects.count() == MORE_THAN_A_PAGE
    page.reload()
    expect(told).to_contain_text(f"{MORE_THAN_A_PAGE} conversations closed.")
    press("z")
    expect(told).to_contain_text(f"{MORE_THAN_A_PAGE} conversations are open again.")
    assert Conversation.objects.filter(status="open").count() == MORE_THAN_A_PAGE
    told.get_by_role("button", name="Dismiss").click()
    expect(told.locator("li")).to_have_count(0)


@pytest.mark.one_hand("a click with Shift, and the keys that do the same")
def test_a_range_is_chosen_with_shift_by_click_and_by_key(cast: Cast, page: Page) -> None:
    for number in range(6):
        cast.write(f"Cliente {number}")
    page.goto("/inbox")
    rows = page.locator(".row .row-pick > input")
    rows.nth(1).click(force=True)
    rows.nth(3).click(force=True, modifiers=["Shift"])
    count = page.locator("#bulk [data-count]")
    expect(count).to_have_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator(".row-link").first.focus()
    for key in ("x", "j", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(count).to_have_text("4 selected")
    page.keyboard.press("Shift+U")
    expect(page.locator("#bulks")).to_contain_text("4 conversations marked read.")
    assert Conversation.objects.filter(unread=0).count() == 4


def test_other_filters_choose_nobody_of_the_first(cast: Cast, page: Page) -> None:
    for number in range(MORE_THAN_A_PAGE):
        cast.write(f"Cliente {number}")
    page.goto("/inbox")
    page.keyboard.press("Shift+A")
    page.locator("[data-pick-every]").click()
    expect(page.locator("#bulk [data-count]")).to_have_text(f"All {MORE_THAN_A_PAGE} that match")
    page.locator("#q").fill("Cliente 44")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator("#bulk")).to_be_hidden()
