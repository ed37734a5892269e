"""The inbox in a real browser, with its stream: what arrives by itself, and what keys and clicks do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bandeja.channels import accounts
from bandeja.channels.contract import State, Status
from bandeja.channels.models import ChannelKey
from bandeja.conversations import statuses
from bandeja.conversations.models import Closure, Conversation, Message
from bandeja.people.models import Agent
from tests.axe import all_faults
from tests.cast import Cast
from tests.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture
def page(cast: Cast, web: Server, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in English. It fails the test when a script does."""
    Agent.objects.filter(pk=cast.ana.pk).update(language="en")
    session = Client()
    session.force_login(cast.ana)
    cookie = session.cookies["bandeja_session"].value
    errors: list[str] = []
    url = f"http://127.0.0.1:{web.port}"
    # What a service worker fetches passes by what a test routes.
    with chromium.new_context(base_url=url, viewport=DESK, service_workers="block") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": url}])
        opened = context.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        yield opened
    assert errors == []


def open_thread(page: Page, conversation: Conversation) -> None:
    with page.expect_response("**/events?token=*"):
        page.goto(f"/inbox/{conversation.pk}")


def test_a_message_arrives_by_itself_and_disturbs_nobody_who_writes(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    open_thread(page, conversation)
    box = page.locator("textarea")
    box.press_sequentially("A med")
    cast.write("Lía", text="¿Siguen ahí?")
    cast.write("Mateo", text="Buenas")
    expect(page.locator(".bubble", has_text="¿Siguen ahí?")).to_be_visible()
    expect(page.locator(".row-name")).to_have_text(["Mateo", "Lía"])
    expect(box).to_be_focused()
    expect(box).to_have_value("A med")
    box.press_sequentially("ias")
    page.reload()
    expect(box).to_have_value("A medias")


def test_enter_sends_once_and_empties_the_box(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    open_thread(page, conversation)
    box = page.locator("textarea")
    box.fill("Con gusto")
    box.press("Enter")
    box.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)", has_text="Con gusto")).to_have_count(1)
    expect(box).to_have_value("")
    assert Message.objects.filter(direction="out").count() == 1


def test_a_refused_message_comes_back_with_the_reason(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    open_thread(page, conversation)
    page.route("**/messages", lambda route: route.abort())
    box = page.locator("textarea")
    box.fill("Con gusto")
    box.press("Enter")
    expect(page.locator(".composer .error")).to_contain_text("What you wrote is kept")
    expect(box).to_have_value("Con gusto")
    page.unroute("**/messages")
    box.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_have_count(1)
    expect(page.locator(".composer .error")).to_be_hidden()


@pytest.fixture
def lia(cast: Cast) -> Conversation:
    """She has just written to a number, so that one may write to her."""
    number = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111")
    return cast.write("Lía", account=number, external_id="wamid.1", opens_window=True)


def test_a_file_goes_up_and_along_with_the_message(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    note = {"name": "nota.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 hola"}
    page.locator(".composer input[type='file']").set_input_files(note)  # type: ignore[arg-type]  # a mapping is taken too
    expect(page.locator(".attached li[data-token]")).to_contain_text("nota.pdf")
    page.locator("textarea").fill("La cotización")
    page.keyboard.press("Enter")
    expect(page.locator(".outbound .document")).to_contain_text("nota.pdf")
    expect(page.locator(".attached")).to_be_hidden()
    assert Message.objects.get(direction="out").kind == "document"


def test_a_message_that_comes_further_says_so_by_itself(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.locator("textarea").fill("Con gusto")
    page.keyboard.press("Enter")
    mark = page.locator(".outbound .fate [title]")
    expect(mark).to_have_attribute("title", "Waiting to be sent")
    message = Message.objects.get(direction="out")
    Message.objects.filter(pk=message.pk).update(state="sent", external_id="wamid.2")
    statuses.settle([Status(lia.account_id, "wamid.2", State.READ)])
    expect(mark).to_have_attribute("title", "Read")


def test_a_message_is_answered_and_the_quote_leads_back(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.locator(".inbound .bubble").hover()
    page.get_by_role("button", name="Reply to this message").click()
    expect(page.locator(".answering")).to_contain_text("Hola")
    page.keyboard.type("Claro")
    page.keyboard.press("Enter")
    page.locator(".outbound .quote").click()
    expect(page.locator(".inbound .said.found")).to_be_visible()
    expect(page.locator(".answering")).to_be_hidden()


@pytest.mark.one_hand("a pointer points at a part of what the keyboard has as one")
def test_a_click_anywhere_on_a_row_opens_it(cast: Cast, page: Page) -> None:
    for who in ("Lía", "Mateo"):
        cast.write(who, text="Una pregunta más larga")
    page.goto("/inbox")
    for who, part in (("Lía", ".row-snippet"), ("Mateo", ".row-time"), ("Lía", ".row-name")):
        page.locator(".row", has_text=who).locator(part).click(force=True)
        expect(page.locator("#thread-name")).to_have_text(who)
        expect(page.locator(".row.current")).to_contain_text(who)


def test_keys_move_open_close_and_take_it_back(cast: Cast, page: Page) -> None:
    cast.write("Lía")
    newer = cast.write("Mateo")
    page.goto("/inbox")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    page.keyboard.press("e")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Venta cerrada")
    page.keyboard.press("Enter")
    expect(page.locator(".event")).to_contain_text("Ana closed it · Venta cerrada")
    expect(page.locator(".row-name")).to_have_text(["Lía"])
    expect(page.locator(".row-link")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(2)
    assert Conversation.objects.get(pk=newer.pk).status == "open"


@pytest.mark.one_hand("a click with Shift; its keys are told in test_bulk_in_the_browser")
def test_a_range_is_chosen_with_shift_and_closed_together(cast: Cast, page: Page) -> None:
    for who in ("Lía", "Mateo", "Vera"):
        cast.write(who)
    page.goto("/inbox")
    picks = page.locator(".row .row-pick")
    picks.first.click()
    picks.last.click(modifiers=["Shift"])
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    cast.write("Zoe")  # she waits above, and takes nobody's place among the chosen
    expect(page.locator("#news [data-news]")).to_be_visible()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    page.keyboard.press("e")
    page.get_by_label("Reason").fill("Limpieza")
    page.get_by_role("button", name="Close 3 conversations").click()
    expect(page.locator("#bulks")).to_contain_text("3 conversations closed.")
    expect(page.locator(".row-name")).to_have_text(["Zoe"])
    expect(page.locator("#bulk")).to_be_hidden()
    assert Closure.objects.filter(cause="bulk", reason="Limpieza").count() == 3


def test_the_list_stays_put_while_one_reads_further_down(cast: Cast, page: Page) -> None:
    for number in range(30):
        cast.write(f"C{number}")
    with page.expect_response("**/inbox/list?count=*"):  # what the stream asks for when it opens
        page.goto("/inbox")
    pane, news = page.locator("#rows-pane"), page.locator("[data-news]")
    pane.evaluate("pane => { pane.scrollTop = 600 }")
    cast.write("Nueva")
    cast.write("C14", text="Otra vez yo")
    expect(news).to_have_text("2 new")
    expect(page.locator("#rows .row", has_text="Otra vez yo")).to_have_count(1)
    expect(page.locator("#rows .row-name").first).to_have_text("C29")
    assert pane.evaluate("pane => pane.scrollTop") == 600
    expect(page.locator("#tab-all")).to_contain_text("31")
    news.click()
    expect(page.locator("#rows .row-name").first).to_have_text("C14")
    expect(news).to_have_count(0)
    assert pane.evaluate("pane => pane.scrollTop") == 0


def test_filters_are_chosen_saved_and_taken_off_by_keyboard(cast: Cast, page: Page) -> None:
    cast.write("Lía")
    page.goto("/inbox")
    page.keyboard.press("f")
    expect(page.get_by_label("Last message")).to_be_focused()
    page.get_by_label("Last message").select_option("7")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator(".chips")).to_contain_text("Last 7 days")
    expect(page).to_have_url(re.compile(r"/inbox\?days=7$"))
    page.get_by_role("button", name="Save view…").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Semana")
    page.keyboard.press("Enter")
    expect(page.locator("#views > summary")).to_contain_text("Semana")
    page.locator(".chips .chip").press("Enter")
    expect(page.locator(".chips")).to_have_count(0)
    page.keyboard.press("v")
    page.locator("#views .menu-item", has_text="Semana").press("Enter")
    expect(page.locator(".chips")).to_contain_text("Last 7 days")


def test_a_message_that_was_found_is_shown_where_it_stands(cast: Cast, page: Page) -> None:
    for number in range(70):
        cast.write("Lía", text="La aguja" if number == 4 else f"Paja {number}")
    page.goto("/inbox")
    page.keyboard.press("/")
    page.keyboard.type("aguja")
    expect(page.locator("#texts mark")).to_have_text("aguja")
    page.locator("#texts .row-link").click()
    expect(page.locator(".said.found")).to_contain_text("La aguja")
    expect(page.locator(".said.found")).to_be_in_viewport()


def test_on_a_phone_there_is_one_pane_at_a_time(cast: Cast, page: Page) -> None:
    cast.write("Lía")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/inbox")
    page.locator(".row-link").click()
    expect(page.locator("#list")).to_be_hidden()
    expect(page.locator("#thread-name")).to_be_focused()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.slow
def test_everybody_can_use_what_is_between_a_phone_and_a_desk(cast: Cast, page: Page) -> None:
    cast.rule()
    conversation = cast.write("Lía", text="Hola https://a.example")
    page.set_viewport_size({"width": 900, "height": 800})
    for address in ("/inbox", f"/inbox/{conversation.pk}"):
        page.goto(address)
        assert all_faults(page) == [], address
    page.locator(".thread [data-key='e']").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    assert all_faults(page) == []
