"""What every story of a newcomer begins with: a browser in Spanish, the first link, a rule of one minute."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import axe
from tests.install import Install, eventually

SLOW = 15_000
"""Milliseconds for whatever a busy machine may take its time with."""


SETTLED = """() =>
!document.querySelector('.htmx-request') &&
[...document.querySelectorAll('#open, .bubble')].every(each => getComputedStyle(each).opacity === '1')
"""


def faults(page: Page) -> list[str]:
    """What axe finds wrong on the page, in both themes.

    A bell may ring while axe looks, and what is being fetched is dimmed a moment: what is found twice counts.
    """
    page.emulate_media(reduced_motion="reduce")
    return [f"{page.url}: {fault}" for theme in axe.THEMES for fault in _seen(page, theme) and _seen(page, theme)]


def _seen(page: Page, theme: axe.Theme) -> list[str]:
    page.emulate_media(color_scheme=theme)
    assert eventually(lambda: bool(page.evaluate(SETTLED)))
    return axe.faults(page, theme)


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


def make_a_rule_of_one_minute(page: Page, account: str) -> None:
    page.goto("/settings/closing")
    assert faults(page) == []
    page.get_by_role("link", name="Agregar una regla").click()
    page.get_by_label("Cerrar la conversación automáticamente").check()
    page.locator("input[name=amount]").fill("1")
    page.locator("select[name=unit]").select_option("minutes")
    page.get_by_role("checkbox", name=account).check()
    page.locator("[name=reason]").fill("Sin respuesta del contacto")
    page.get_by_role("button", name="Guardar la configuración").click()
    expect(page.get_by_text("Encendida")).to_be_visible()
    assert faults(page) == []


def answer(page: Page, text: str) -> None:
    page.get_by_label(re.compile("^Mensaje para")).fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".bubble", has_text=text)).to_be_visible()


def deadline(page: Page) -> str:
    counted = page.locator("#clock [role=timer]:visible")
    expect(counted).to_be_visible(timeout=SLOW)
    return str(counted.get_attribute("data-deadline"))


def seconds_left(page: Page) -> float:
    left = page.evaluate("deadline => (Date.parse(deadline) - Date.now()) / 1000", deadline(page))
    return float(left)


def at_home(chromium: Browser, url: str) -> BrowserContext:
    return chromium.new_context(base_url=url, locale="es-CO", viewport={"width": 1440, "height": 900})
