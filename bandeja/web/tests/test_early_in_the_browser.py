"""What was just drawn, pressed or sent before htmx has seen it: it asks as it was meant to, and leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from bandeja.flows import flows
from bandeja.flows.samples import SAMPLES
from tests.cast import Cast
from tests.world import BACKEND

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAWN = {
    "pressed": """href => {
        document.body.insertAdjacentHTML("beforeend",
            `<a id="late" href="/offline" hx-get="${href}" hx-target="#dialog-content">x</a>`);
        document.getElementById("late").click();
    }""",
    "sent": """href => {
        document.body.insertAdjacentHTML("beforeend",
            `<form hx-get="${href}" hx-target="#dialog-content"><button id="late"></button></form>`);
        document.getElementById("late").click();
    }""",
}


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in Spanish."""
    session = Client()
    session.force_login(cast.ana, backend=BACKEND)
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, locale="es", service_workers="block") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


@pytest.mark.one_hand("a script presses, before anybody could")
@pytest.mark.parametrize("how", DRAWN)
def test_what_was_just_drawn_asks_as_it_was_meant_to(cast: Cast, page: Page, how: str) -> None:
    flow = flows.make(cast.workspace, "Bienvenida", SAMPLES["welcome"].draft(), by=cast.ana)
    page.goto("/settings/flows")
    page.evaluate(DRAWN[how], f"/settings/flows/{flow.pk}/name")
    expect(page.locator("#dialog-content input[name=name]")).to_have_value("Bienvenida")
    assert page.url.endswith("/settings/flows")
