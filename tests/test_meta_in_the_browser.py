"""A WhatsApp number from its first credential to a conversation that closes by itself, in Chromium, in Spanish.

Meta is the stand-in; everything else is the install an operator runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.install import eventually, free_port, install
from tests.newcomer import (
    SLOW,
    answer,
    at_home,
    deadline,
    faults,
    follow_the_first_link,
    make_a_rule_of_one_minute,
)
from tests.standin import FIELDS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LINE = "Tienda Sol"


def add_the_app(page: Page, standin: Any, app: dict[str, Any]) -> None:
    """And tell Meta where it delivers, as its dashboard asks."""
    page.goto("/settings/accounts/apps/new")
    page.locator("[name=app_id]").fill(app["id"])
    page.locator("[name=secret]").fill(app["secret"])
    page.get_by_role("button", name="Comprobar y agregar").click()
    expect(page.get_by_text("/hooks/meta/").first).to_be_visible()
    assert app["secret"] not in page.content()
    assert faults(page) == []
    callback, verify_token = (page.locator(f"#{part}").inner_text().strip() for part in ("callback", "verify"))
    standin.webhook(app["id"], "whatsapp_business_account", callback, verify_token, FIELDS)


def connect_the_number(page: Page, number: dict[str, Any]) -> None:
    page.goto("/settings/accounts/whatsapp")
    page.locator("[name=waba]").fill(number["waba"])
    page.locator("[name=token]").fill(number["token"])
    page.get_by_role("button", name="Ver sus números").click()
    expect(page.get_by_role("checkbox", name=LINE)).to_be_checked()
    page.get_by_role("button", name="Conectar los elegidos").click()
    expect(page.get_by_role("heading", name=LINE).first).to_be_visible()
    assert number["token"] not in page.content()
    assert faults(page) == []


def receive_a_photo(page: Page, standin: Any, number: dict[str, Any], lia: dict[str, Any]) -> None:
    """It appears by itself, with its name, its picture and what is written under it."""
    page.goto("/inbox")
    standin.say(number["id"], lia["id"], "image", sample="image", text="¿Tienen este en 38?")
    row = page.locator(".row", has_text="Lía")
    expect(row.locator(".dot")).to_be_visible(timeout=SLOW)
    row.click()
    picture = page.locator(".bubble img").first
    expect(picture).to_be_visible(timeout=SLOW)
    assert eventually(lambda: bool(page.evaluate("() => document.querySelector('.bubble img').naturalWidth > 0")))
    expect(page.locator(".bubble", has=page.locator("img"))).to_contain_text("¿Tienen este en 38?")
    expect(row).to_contain_text("¿Tienen este en 38?")
    expect(page.locator("#clock")).to_contain_text("Se cierra en")
    assert faults(page) == []


def see_the_answer_read(page: Page, standin: Any, number: dict[str, Any], lia: dict[str, Any]) -> None:
    """Sent, delivered and read, without a reload; and none of it moves the clock (closing C2)."""
    runs_out = deadline(page)
    answer(page, "Sí, te la aparto.")
    said = page.locator(".said", has_text="te la aparto")
    expect(said).to_contain_text("Entregado", timeout=SLOW)
    standin.read(number["id"], lia["id"])
    expect(said).to_contain_text("Leído", timeout=SLOW)
    assert deadline(page) == runs_out


def test_a_whatsapp_number_from_its_credentials_to_a_conversation_that_closes_by_itself(
    chromium: Browser, tmp_path: Path, standin: Any
) -> None:
    app = standin.app()
    number = standin.number(app["id"], name=LINE)
    lia = standin.person(name="Lía", phone="573001234567")
    graph, port = standin.url, free_port()
    told = {"BANDEJA_GRAPH_URL": graph, "BANDEJA_INSTAGRAM_GRAPH_URL": graph}
    told["BANDEJA_MEDIA_HOSTS"] = urlsplit(graph).netloc
    home = at_home(chromium, f"http://127.0.0.1:{port}")
    page = home.new_page()
    with install(tmp_path / "home", BANDEJA_PORT=str(port), **told) as up:
        follow_the_first_link(page, up)
        add_the_app(page, standin, app)
        connect_the_number(page, number)
        make_a_rule_of_one_minute(page, LINE)
        receive_a_photo(page, standin, number, lia)
        see_the_answer_read(page, standin, number, lia)
        expect(page.locator("main")).to_contain_text("Sin respuesta del contacto", timeout=90_000)
        standin.say(number["id"], lia["id"], "text", text="Perdón, aquí estoy.")
        expect(page.locator(".bubble", has_text="aquí estoy")).to_be_visible(timeout=SLOW)
        expect(page.locator("#clock")).to_contain_text("Se cierra en", timeout=SLOW)
        assert faults(page) == []
    home.close()
