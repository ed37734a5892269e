"""Taking a rule's closings back in a real browser, in Spanish: from its card to conversations that are open again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from bandeja.bulk import freezing
from bandeja.bulk.tests.doing import step
from bandeja.channels.models import Account
from bandeja.closing import sweep
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from tests.axe import all_faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser."""
    session = Client()
    session.force_login(cast.ana)
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, service_workers="block", locale="es") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


def test_ana_mends_her_rule_and_takes_back_what_it_closed(
    cast: Cast, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """She typed 1 minute and meant 24 hours."""
    now = database_now()
    Account.objects.filter(pk=cast.chat.pk).update(connected_at=now - timedelta(hours=1))
    Workspace.objects.filter(pk=cast.workspace.pk).update(entitled_since=now - timedelta(hours=1))
    rule = cast.rule(name="Ventas", at=now - timedelta(minutes=20))
    for number in range(5):
        cast.write(f"Cliente {number}", at=now - timedelta(minutes=10))
    assert sweep.sweep().closed == 5
    noted = Conversation.objects.order_by("pk")[0]
    lifecycle.reply(noted.pk, "Ya pagó", scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana), note=True)
    monkeypatch.setattr(freezing, "BATCH", 2)

    page.goto("/settings/closing")
    card = page.locator(f"#rule-{rule.pk}")
    expect(card).to_contain_text("En los últimos 7 días cerró 5 veces.")
    card.locator("[name='amount']").fill("24")
    card.locator("[name='unit']").select_option("hours")
    card.get_by_role("button", name="Guardar").click()
    expect(page.locator(".toast")).to_contain_text("Ventas")
    page.locator(f"#rule-{rule.pk}").get_by_role("link", name="Deshacer…").click()

    expect(page).to_have_url(re.compile(f"/settings/closing/undoings/rules/{rule.pk}$"))
    page.locator("select[name='since']").select_option("save")
    page.get_by_role("button", name="Ver").click()
    expect(page.locator("main")).to_contain_text("En ese tiempo no cerró nada")  # it was saved a moment ago
    page.locator("select[name='since']").select_option("hour")
    page.get_by_role("button", name="Ver").click()
    expect(page.locator("main")).to_contain_text("Se reabren 4 conversaciones.")
    expect(page.locator("main")).to_contain_text("4 con su reloj, que aún tiene tiempo.")
    expect(page.locator("main")).to_contain_text("1: alguien escribió desde entonces.")
    assert all_faults(page) == []
    page.get_by_role("button", name="Deshacer 4 cierres").click()

    expect(page.locator("#undoing")).to_contain_text("Deshaciendo")
    while step():
        pass
    expect(page.locator("#undoing")).to_contain_text("4 conversaciones están abiertas de nuevo.")
    expect(page.locator("#undoing")).to_contain_text("1 queda como está: alguien escribió desde entonces.")
    assert all_faults(page) == []
    page.get_by_role("link", name="Conversaciones abiertas").click()
    expect(page.locator(".row")).to_have_count(4)
    assert Conversation.objects.filter(status="open", look_at__gt=now).count() == 4
