"""The script in a real browser, on a site with a strict policy, with the server's answers written by the test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bandeja.widget.views import source

pytestmark = pytest.mark.browser

SITE = "https://shop.example"
HOST = "https://inbox.example"
POLICY = f"default-src 'none'; script-src {HOST}; connect-src {HOST}; require-trusted-types-for 'script'"
ANY_SITE = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-expose-headers": "retry-after",
}


class Server:
    """What Bandeja would answer; `online` and `refuses` say how it feels."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.deliveries: list[dict[str, Any]] = []
        self.online = True
        self.refuses = 0
        self.sessions: list[str] = []
        self.looks = {"name": "Tienda", "greeting": "", "colour": "#2f5bd7", "language": "es"}

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOST).split("?")[0]
        if route.request.method == "OPTIONS":
            route.fulfill(status=204, headers=ANY_SITE)
        elif path == "/widget.js":
            route.fulfill(body=source(), content_type="text/javascript; charset=utf-8")
        elif not self.online:
            route.abort()
        elif path.startswith("/hooks/"):
            self._take(route)
        elif path.startswith("/events/"):
            ring = "event: changed\ndata:\n\n"
            route.fulfill(body=ring, content_type="text/event-stream", headers=ANY_SITE)
        elif path.endswith("/session"):
            self.sessions.append(route.request.post_data or "")
            self._json(route, {"token": "t.1", "visitor": "t", **self.looks})
        else:
            after = int(route.request.url.rpartition("=")[2])
            self._json(route, {"messages": [m for m in self.history if m["id"] > after], "more": False})

    def _take(self, route: Route) -> None:
        if self.refuses:
            self._json(route, {"error": "no"}, status=self.refuses)
            return
        body = json.loads(route.request.post_data or "{}")
        if body not in self.deliveries:
            self.deliveries.append(body)
            self.say(body["text"], client_id=body["id"])
        self._json(route, {"ok": True})

    def say(self, text: str, *, client_id: str | None = None) -> None:
        shown = {"id": len(self.history) + 1, "at": f"2026-11-03T12:00:{len(self.history):02}Z", "text": text}
        who = {"from": "visitor", "client_id": client_id} if client_id else {"from": "team", "author": "Bruno"}
        self.history.append({**shown, **who})

    def _json(self, route: Route, answer: object, status: int = 200) -> None:
        route.fulfill(status=status, body=json.dumps(answer), content_type="application/json", headers=ANY_SITE)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def page(server: Server, chromium: Browser) -> Iterator[Page]:
    with chromium.new_page(locale="es-CO") as page:
        site = (
            f'<!doctype html><title>Tienda</title><script src="{HOST}/widget.js" data-account="web_1" async></script>'
        )
        answer = {"content-type": "text/html", "content-security-policy": POLICY}
        page.route(f"{SITE}/**", lambda route: route.fulfill(body=site, headers=answer))
        page.route(f"{HOST}/**", server.answer)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(SITE)
        yield page
        assert faults == []


def write(page: Page, text: str) -> None:
    page.get_by_label("Escribe un mensaje").fill(text)
    page.keyboard.press("Enter")


def test_a_visitor_writes_and_reads_the_answer(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    expect(page.get_by_label("Escribe un mensaje")).to_be_focused()
    expect(page.get_by_text("¡Hola! ¿En qué te ayudamos?")).to_be_visible()
    write(page, "¿Tienen <b>talla M</b>?")
    expect(page.get_by_text("¿Tienen <b>talla M</b>?")).to_have_count(1)
    server.say("Sí, mira https://shop.example/m.")
    expect(page.get_by_role("link", name="https://shop.example/m")).to_be_visible(timeout=8_000)
    assert server.deliveries[0]["page"] == f"{SITE}/"


def test_the_history_survives_a_reload_and_so_does_the_unread_badge(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    write(page, "hola")
    page.wait_for_timeout(300)
    server.say("Buenas")
    page.reload()
    bubble = page.get_by_role("button", name="Abrir chat (1 sin leer)")
    bubble.click()
    expect(page.get_by_text("hola", exact=True)).to_have_count(1)
    expect(page.get_by_text("Buenas")).to_be_visible()
    assert server.sessions[-1] == "t.1"
    page.reload()
    expect(page.get_by_role("button", name="Abrir chat", exact=True)).to_be_visible()


def test_what_is_written_offline_is_sent_once_when_the_connection_is_back(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    server.online = False
    write(page, "uno")
    write(page, "dos")
    expect(page.get_by_text("Sin conexión. Tu mensaje se enviará cuando vuelva.")).to_be_visible()
    server.online = True
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Enviando…")).to_have_count(0)
    assert [delivery["text"] for delivery in server.deliveries] == ["uno", "dos"]


def test_what_is_written_offline_survives_a_reload(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    server.refuses = 503
    write(page, "no me pierdas")
    page.wait_for_timeout(200)
    server.refuses = 0
    page.reload()
    page.get_by_role("button", name="Abrir chat").click()
    expect(page.get_by_text("no me pierdas")).to_have_count(1)
    expect(page.get_by_text("Enviando…")).to_have_count(0)
    assert [delivery["text"] for delivery in server.deliveries] == ["no me pierdas"]


def test_a_refused_message_says_so_and_lets_the_next_one_pass(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    server.refuses = 413
    write(page, "largo")
    expect(page.get_by_text("No se envió")).to_be_visible()
    server.refuses = 0
    write(page, "corto")
    expect(page.get_by_text("Enviando…")).to_have_count(0)
    assert [delivery["text"] for delivery in server.deliveries] == ["corto"]


def test_a_text_over_the_limit_stays_in_the_box(page: Page, server: Server) -> None:
    page.get_by_role("button", name="Abrir chat").click()
    write(page, "ñ" * 40_000)
    expect(page.get_by_text("El mensaje es demasiado largo.")).to_be_visible()
    assert len(page.get_by_label("Escribe un mensaje").input_value()) == 40_000
    assert server.deliveries == []


@pytest.mark.one_hand("told by keys already")
def test_the_keyboard_is_enough(page: Page) -> None:
    expect(page.get_by_role("button", name="Abrir chat")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Abrir chat")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Tienda")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Abrir chat")).to_be_focused()


def test_on_a_phone_the_panel_is_the_whole_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_role("button", name="Abrir chat").click()
    assert page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    page.get_by_role("dialog").get_by_role("button", name="Cerrar chat").click()
    expect(page.get_by_role("button", name="Abrir chat")).to_be_focused()


@pytest.mark.one_hand("nothing is pressed")
def test_an_account_that_is_gone_leaves_the_page_alone(page: Page, server: Server) -> None:
    page.route(f"{HOST}/widget/**", lambda route: route.fulfill(status=404, body="{}", headers=ANY_SITE))
    page.reload()
    page.wait_for_timeout(300)
    expect(page.get_by_role("button")).to_have_count(0)
