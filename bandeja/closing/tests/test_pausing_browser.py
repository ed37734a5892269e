"""Pausing in a real browser: the banner, the countdown that stops, and the whole time when it is resumed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from bandeja.channels.models import Account
from bandeja.closing import sweep
from bandeja.closing.models import Pause
from bandeja.conversations.models import Conversation
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from tests.axe import all_faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in Spanish."""
    session = Client()
    session.force_login(cast.ana)
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, service_workers="block", locale="es") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


def more_than_an_hour_goes_by(lia: Conversation) -> None:
    ago = database_now() - timedelta(minutes=80)
    lia.messages.update(received_at=ago, created_at=ago, at=ago)
    times = {"armed_at": ago, "look_at": ago + HOUR, "last_inbound_at": ago, "opened_at": ago}
    Conversation.objects.filter(pk=lia.pk).update(**times)
    Pause.objects.update(since=ago + timedelta(minutes=1))


def test_ana_pauses_closing_and_resumes_it(cast: Cast, page: Page) -> None:
    """closing H1 to H3"""
    begun = database_now() - 3 * HOUR
    Account.objects.update(connected_at=begun)
    Workspace.objects.update(entitled_since=begun)
    cast.rule(amount=1, unit="hours", at=begun)
    lia = cast.write("lia")
    clock = page.locator("#clock")
    page.goto(f"/inbox/{lia.pk}")
    expect(clock.locator(".countdown").first).to_be_attached()

    page.goto("/settings/closing")
    page.get_by_role("link", name="Pausar").click()
    page.get_by_role("button", name="Pausar el cierre").click()
    expect(page.locator(".error")).to_contain_text("Di por qué")
    page.get_by_label("Por qué").fill("Se cayó la línea de la costa")
    page.get_by_role("button", name="Pausar el cierre").click()
    banner = page.locator(".held-back")
    expect(banner).to_contain_text("Se cayó la línea de la costa")
    assert all_faults(page) == []

    more_than_an_hour_goes_by(lia)
    assert sweep.sweep().closed == 0
    page.goto(f"/inbox/{lia.pk}")
    expect(clock).to_contain_text("El cierre está en pausa")
    expect(clock.locator(".countdown")).to_have_count(0)
    clock.locator(".why").click()
    story = page.locator("#dialog .story")
    expect(story).to_contain_text("Se cayó la línea de la costa")
    assert all_faults(page) == []

    page.goto("/settings/closing/coverage")
    expect(banner).to_contain_text("El cierre está en pausa")
    page.get_by_role("button", name="Reanudar el cierre").click()
    expect(page.locator(".held-back")).to_have_count(0)
    expect(page.locator("details.changes")).to_contain_text("reanudó el cierre")
    assert sweep.sweep().closed == 0

    ended = Pause.objects.get().until
    assert ended is not None
    page.goto(f"/inbox/{lia.pk}")
    expect(clock.locator(f"[data-deadline='{(ended + HOUR).isoformat()}']").first).to_be_attached()
    clock.locator(".why").click()
    expect(story).to_contain_text("el reloj empezó de nuevo, con todo su tiempo")
