"""A newcomer's first five minutes, for real: `bandeja up`, Chromium in Spanish, a visitor on a sample site.

The one-minute rule is waited for; the whole install is stopped and started again while its clock runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.install import free_port, install
from tests.newcomer import (
    SLOW,
    answer,
    at_home,
    deadline,
    faults,
    follow_the_first_link,
    make_a_rule_of_one_minute,
    seconds_left,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

CHAT = "Chat de la tienda"
LATE = 1_000
"""Milliseconds after its deadline by which a conversation must have left the list."""


def connect_a_web_chat(page: Page) -> str:
    """Answers the address of its sample page."""
    page.goto("/settings/accounts")
    page.get_by_role("link", name="Conectar una cuenta").click()
    page.get_by_role("link", name="Chat web").click()
    page.get_by_label("Nombre", exact=True).fill(CHAT)
    page.get_by_role("button", name="Conectar").click()
    expect(page.get_by_text("<script src=").first).to_be_visible()
    assert faults(page) == []
    return str(page.locator("a[href$='/sample']").get_attribute("href"))


def say(visitor: Page, text: str) -> None:
    box = visitor.locator("textarea")
    if not box.is_visible():
        visitor.get_by_role("button", name="chat").click()
    box.fill(text)
    box.press("Enter")


def visitor_writes_and_is_answered(page: Page, visitor: Page, sample: str) -> str:
    """It appears by itself, unread, and the answer reaches the visitor. Answers the address of the thread."""
    page.goto("/inbox")
    visitor.goto(sample)
    assert faults(visitor) == []
    say(visitor, "Hola, ¿tienen la talla 38?")
    row = page.locator(".row", has_text="talla 38")
    expect(row.locator(".dot")).to_be_visible(timeout=SLOW)
    row.click()
    answer(page, "Sí, te la aparto.")
    expect(visitor.get_by_text("Sí, te la aparto.")).to_be_visible(timeout=SLOW)
    assert faults(page) == []
    return page.url


def visitor_writes_under_the_rule(page: Page, visitor: Page, thread: str) -> str:
    """Saving armed nothing; the next message does, and an answer moves nothing. Answers when the clock runs out."""
    page.goto(thread)
    expect(page.locator("#clock")).to_contain_text("No se cierra sola")
    page.goto("/inbox")
    say(visitor, "¡Gracias! ¿Y en azul?")
    expect(page.locator(".row", has_text="azul").locator(".dot")).to_be_visible(timeout=SLOW)
    page.goto(thread)
    runs_out = deadline(page)
    expect(page.locator("#clock")).to_contain_text("Se cierra en")
    answer(page, "En azul también.")
    assert deadline(page) == runs_out, "an answer by the team moved the clock"
    with page.expect_response(lambda answer: answer.url.endswith("/unread")):
        page.locator(".thread-head").get_by_role("button", name="Marcar como no leída").click()
    return runs_out


def watch_it_close(page: Page, thread: str, runs_out: str) -> None:
    """It leaves the open list within a second, with the marker, the reason, and its unread dot as it was."""
    page.goto("/inbox")
    row = page.locator(".row", has_text="azul")
    expect(row.locator(".dot")).to_be_visible(timeout=SLOW)
    page.evaluate(
        """() => { new MutationObserver(() => { if (!document.querySelector('.row')) window.gone ??= Date.now() })
                   .observe(document.body, {childList: true, subtree: true}) }"""
    )
    expect(row).to_have_count(0, timeout=90_000)
    late = page.evaluate("deadline => window.gone - Date.parse(deadline)", runs_out)
    assert 0 <= late <= LATE
    page.goto("/inbox?state=closed")
    expect(page.locator(".row", has_text="azul").locator(".dot")).to_be_visible()
    page.goto(thread)
    expect(page.locator("main")).to_contain_text("Sin respuesta del contacto")
    assert faults(page) == []


def visitor_comes_back(page: Page, visitor: Page) -> None:
    """The same thread opens, history visible, and the clock runs anew."""
    visitor.reload()
    say(visitor, "Perdón, aquí estoy.")
    expect(page.locator(".bubble", has_text="aquí estoy")).to_be_visible(timeout=SLOW)
    expect(page.locator(".bubble", has_text="talla 38")).to_be_visible()
    assert 30 < seconds_left(page) <= 60


def close_by_hand(page: Page) -> None:
    """A reason is required."""
    page.get_by_role("button", name="Cerrar", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cerrar conversación").click()
    expect(dialog.locator("[aria-invalid=true], .error").first).to_be_visible()
    dialog.locator("[name=reason]").fill("Compró")
    assert faults(page) == []
    dialog.get_by_role("button", name="Cerrar conversación").click()
    expect(page.locator("main")).to_contain_text("Compró")


def test_a_newcomer_watches_a_conversation_close_by_itself(chromium: Browser, tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    ana, lia = (at_home(chromium, f"http://127.0.0.1:{port}") for _ in range(2))
    page, visitor = ana.new_page(), lia.new_page()
    with install(home, BANDEJA_PORT=str(port)) as up:
        follow_the_first_link(page, up)
        sample = connect_a_web_chat(page)
        thread = visitor_writes_and_is_answered(page, visitor, sample)
        make_a_rule_of_one_minute(page, CHAT)
        runs_out = visitor_writes_under_the_rule(page, visitor, thread)
    # The whole install restarts in the middle: nothing is lost.
    with install(home, BANDEJA_PORT=str(port)) as up:
        up.greeting()
        watch_it_close(page, thread, runs_out)
        visitor_comes_back(page, visitor)
        close_by_hand(page)
    ana.close()
    lia.close()
