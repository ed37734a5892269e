"""A newcomer's first five minutes, for real: `bandeja up`, Chromium in Spanish, a visitor on a sample site.

The one-minute rule is waited for; the whole install is stopped and started again while its clock runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.install import Install, eventually, free_port, install

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LATE = 1_000
"""Milliseconds after its deadline by which a conversation must have left the list."""
SLOW = 15_000
"""Milliseconds for whatever a busy machine may take its time with."""


SETTLED = """() =>
!document.querySelector('.htmx-request') &&
[...document.querySelectorAll('#open, .bubble')].every(each => getComputedStyle(each).opacity === '1')
"""


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def faults(page: Page) -> list[str]:
    """What axe finds wrong on the page, in both themes."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # What is being fetched is dimmed for an instant.
        assert eventually(lambda: bool(page.evaluate(SETTLED)))
        violations = Axe().run(page).response["violations"]
        found += [
            f"{theme} {page.url}: {each['id']} {each['nodes'][0]['any'][:1] or each['nodes'][0]['target']}"
            for each in violations
        ]
    return found


def follow_the_first_link(page: Page, up: Install) -> None:
    link = re.search(r"http://\S+/welcome/\S+", up.greeting())
    assert link, "no one-time link was printed"
    page.goto(link[0])
    assert faults(page) == []
    page.get_by_label("Nombre de tu equipo").fill("Tienda Sol")
    page.get_by_label("Tu nombre").fill("Ana Ruiz")
    page.get_by_label("Tu correo").fill("ana@tienda.example")
    page.locator("input[name=password]").fill("caballo-verde-77")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("button", name="Cargar datos de prueba")).to_be_visible()
    assert faults(page) == []


def connect_a_web_chat(page: Page) -> str:
    """Answers the address of its sample page."""
    page.goto("/settings/accounts")
    page.get_by_role("link", name="Conectar una cuenta").click()
    page.get_by_role("link", name="Chat web").click()
    page.get_by_label("Nombre").fill("Chat de la tienda")
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


def make_a_rule_of_one_minute(page: Page) -> None:
    page.goto("/settings/closing")
    assert faults(page) == []
    page.get_by_role("link", name="Agregar una regla").click()
    page.get_by_label("Cerrar la conversación automáticamente").check()
    page.locator("input[name=amount]").fill("1")
    page.locator("select[name=unit]").select_option("minutes")
    page.get_by_role("checkbox", name="Chat de la tienda").check()
    page.locator("[name=reason]").fill("Sin respuesta del contacto")
    page.get_by_role("button", name="Guardar la configuración").click()
    expect(page.get_by_text("Encendida")).to_be_visible()
    assert faults(page) == []


def answer(page: Page, text: str) -> None:
    page.get_by_label(re.compile("^Mensaje para")).fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".bubble", has_text=text)).to_be_visible()


def deadline(page: Page) -> str:
    counted = page.locator("#clock [data-deadline]:visible")
    expect(counted).to_be_visible(timeout=SLOW)
    return str(counted.get_attribute("data-deadline"))


def seconds_left(page: Page) -> float:
    left = page.evaluate("deadline => (Date.parse(deadline) - Date.now()) / 1000", deadline(page))
    return float(left)


def at_home(chromium: Browser, url: str) -> BrowserContext:
    return chromium.new_context(base_url=url, locale="es-CO", viewport={"width": 1440, "height": 900})


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
    page.get_by_role("button", name="Marcar como no leída").click()
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
        make_a_rule_of_one_minute(page)
        runs_out = visitor_writes_under_the_rule(page, visitor, thread)
    # The whole install restarts in the middle: nothing is lost.
    with install(home, BANDEJA_PORT=str(port)) as up:
        up.greeting()
        watch_it_close(page, thread, runs_out)
        visitor_comes_back(page, visitor)
        close_by_hand(page)
    ana.close()
    lia.close()
