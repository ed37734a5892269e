"""What goes wrong in a real browser: answers that come late, requests that are refused, ways back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from bandeja.inbox.tests.test_in_the_browser import open_thread, page
from tests.cast import Cast

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RING = "document.dispatchEvent(new CustomEvent('changed', { detail: { c: 'many' } }))"


# ---- answers that come late


def held_back(page: Page, address: re.Pattern[str]) -> list[Route]:
    """Requests for such an address, which wait until the test lets them go on."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route))  # noqa: PLW0108  playwright marks what it calls
    return held


def let_go(page: Page, held: list[Route], address: re.Pattern[str]) -> None:
    for route in held:
        route.continue_()
    page.unroute(address)


def test_a_refresh_of_the_thread_one_leaves_takes_no_place(cast: Cast, page: Page) -> None:
    mateo = cast.write("Mateo")
    open_thread(page, cast.write("Lía"))
    opening = re.compile(rf"/inbox/{mateo.pk}(\?|$)")
    held = held_back(page, opening)
    page.locator(".row", has_text="Mateo").locator(".row-link").click()
    cast.write("Lía", text="¿Hola?")
    expect(page.locator(".row-snippet", has_text="¿Hola?")).to_be_visible()
    let_go(page, held, opening)
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    page.wait_for_timeout(2000)
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    expect(page.locator(".row.current")).to_contain_text("Mateo")
    expect(page.locator(".toast")).to_have_count(0)


@pytest.mark.one_hand("told by keys already")
def test_a_refresh_by_the_old_filters_takes_no_place(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    choosing = re.compile(r"/inbox/list\?.*state=closed")
    held = held_back(page, choosing)
    page.keyboard.press("Control+k")
    page.keyboard.type("closed conv")
    page.keyboard.press("Enter")
    page.evaluate(RING)
    page.wait_for_timeout(500)
    let_go(page, held, choosing)
    expect(page.locator("#state")).to_have_value("closed")
    page.wait_for_timeout(2000)
    expect(page.locator("#state")).to_have_value("closed")
    expect(page.locator(".row")).to_have_count(0)


def test_after_going_back_the_page_still_does_what_it_did(cast: Cast, page: Page) -> None:
    for number in range(30):
        cast.write(f"C{number}")
    page.goto("/inbox")
    pane = page.locator("#rows-pane")
    pane.evaluate("pane => { pane.scrollTop = 200; }")
    page.locator(".row", has_text="C5").locator(".row-link").click()
    expect(page.locator("#thread-name")).to_have_text("C5")
    expect(page).to_have_title("C5 · Inbox · Bandeja")
    page.go_back()
    expect(page.locator("#thread-name")).to_have_count(0)
    expect(page).to_have_title("Inbox · Bandeja")
    assert pane.evaluate("pane => pane.scrollTop") > 0
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#bell > summary").click()
    expect(page.locator("#bell-sheet .bell-head")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#state").select_option("closed")
    expect(page.locator(".row")).to_have_count(0)
    page.go_forward()
    expect(page.locator("#thread-name")).to_have_text("C5")
    expect(page.locator("#state")).to_have_value("")


@pytest.mark.one_hand("nothing is pressed")
def test_a_refused_read_is_not_asked_for_without_end(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    waits = f'<header class="bell-head" data-count="1"></header><p data-waits="{lia.pk}"></p>'
    page.route("**/notifications", lambda route: route.fulfill(body=waits, content_type="text/html"))
    page.route("**/notifications/read", lambda route: route.fulfill(status=403))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/read") else None)
    open_thread(page, lia)
    with page.expect_request("**/notifications/read"):
        page.evaluate("document.dispatchEvent(new Event('notified'))")
    page.wait_for_timeout(4000)  # until nothing else is on its way
    before = len(asked)
    page.wait_for_timeout(3000)
    assert len(asked) == before


def test_signing_in_again_elsewhere_leaves_this_page_working(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    open_thread(page, lia)
    page.context.add_cookies([{"name": "bandeja_csrf", "value": "n" * 32, "url": page.evaluate("location.origin")}])
    page.locator("textarea").fill("Con gusto")
    page.keyboard.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_contain_text("Con gusto")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator(".toast").last).to_contain_text("Marked as unread.")


@pytest.mark.one_hand("it is about the mouse")
def test_choosing_text_with_the_mouse_shuts_no_dialog(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    page.keyboard.press("e")
    field = page.get_by_label("Reason")
    field.fill("Compró")
    box = field.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(5, 5, steps=4)
    page.mouse.up()
    expect(field).to_have_value("Compró")
    page.mouse.click(5, 5)
    expect(page.locator("#dialog")).to_be_hidden()


def test_clear_all_empties_the_search_as_well(cast: Cast, page: Page) -> None:
    cast.write("Lía")
    cast.write("Mateo")
    page.goto("/inbox?q=l%C3%ADa")
    page.locator("#state").select_option("all")
    expect(page.locator("#rows .row-name")).to_have_text(["Lía"])
    page.locator("[data-clears]").click()
    expect(page.locator("#state")).to_have_value("")
    expect(page.locator("#rows .row-name")).to_have_text(["Mateo", "Lía"])
    expect(page.locator("#q")).to_have_value("")


def test_on_a_phone_the_list_waits_until_it_is_seen(cast: Cast, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for number in range(30):
        cast.write(f"C{number}")
    with page.expect_response("**/events?token=*"):
        page.goto("/inbox")
    pane = page.locator("#rows-pane")
    pane.evaluate("pane => { pane.scrollTop = 600; }")
    page.locator(".row", has_text="C18").locator(".row-link").click()
    expect(page.locator("#thread-name")).to_have_text("C18")
    expect(page.locator(".htmx-request")).to_have_count(0)  # what was asked for while the list was seen has come
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/inbox/list" in request.url else None)
    cast.write("C18", text="¿Hola?")
    expect(page.locator(".bubble", has_text="¿Hola?")).to_be_visible()
    page.wait_for_timeout(1000)
    assert asked == []
    with page.expect_request("**/inbox/list**"):
        page.locator(".thread .back").click()
    assert pane.evaluate("pane => pane.scrollTop") > 0


def test_what_goes_wrong_while_a_dialog_is_open_is_said_in_it(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    page.keyboard.press("e")
    page.get_by_label("Reason").fill("Compró")
    page.route("**/closure", lambda route: route.abort())
    page.locator("#dialog .dialog-foot .primary").click()
    expect(page.locator("#dialog .toast")).to_contain_text("No connection")
    expect(page.locator("#dialog #announcer")).to_contain_text("No connection")
    page.locator("#dialog .toast [data-dismiss]").click()
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.get_by_label("Reason")).to_be_visible()
    page.unroute("**/closure")
    page.locator("#dialog .dialog-foot .primary").click()
    expect(page.locator("body > #toasts")).to_contain_text("closed")


@pytest.mark.one_hand("told by keys already")
def test_the_keys_are_told_everywhere(cast: Cast, page: Page) -> None:
    page.goto("/settings/closing")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


@pytest.mark.one_hand("told by keys already")
def test_who_is_found_twice_is_chosen_once(cast: Cast, page: Page) -> None:
    cast.write("Lía", text="Soy Lía")
    page.goto("/inbox?q=l%C3%ADa")
    expect(page.locator(".row .row-pick")).to_have_count(2)
    page.keyboard.press("Shift+A")
    expect(page.locator("#picked [name='ids']")).not_to_have_value("")
    assert page.locator("#pick-all").evaluate("box => box.checked && !box.indeterminate")
