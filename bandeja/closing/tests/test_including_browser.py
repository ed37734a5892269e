"""A story in Spanish: Ana saves a rule, has what was quiet included, sees a countdown, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from bandeja.closing import inclusions
from bandeja.closing.models import Inclusion
from bandeja.conversations.models import Conversation
from bandeja.people.models import Agent
from tests.axe import all_faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in Spanish."""
    Agent.objects.filter(pk=cast.ana.pk).update(language="es")
    session = Client()
    session.force_login(cast.ana)
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, locale="es", service_workers="block") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


def test_ana_saves_a_rule_includes_what_is_open_and_takes_it_back(
    cast: Cast, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inclusions, "BATCH", 2)
    quiet = [cast.write(f"clienta {number}") for number in range(5)]
    lia = quiet[0]

    # She fills in a rule, and is told how many are open without a clock before she saves.
    page.goto("/settings/closing?new")
    card = page.locator("form.rule")
    card.locator("[name='amount']").fill("24")
    card.locator("[name='reason']").fill("Sin respuesta del contacto")
    card.get_by_label("Chat web").check()
    choice = card.get_by_label("Incluir las conversaciones que están abiertas sin reloj")
    expect(choice).not_to_be_checked()
    choice.check()
    expect(card).to_contain_text("5 conversaciones están abiertas sin reloj.")
    expect(card).to_contain_text("Ninguna se cierra ahora")
    card.locator(".card-foot .primary").click()
    expect(page.locator(".toast")).to_contain_text("se está incluyendo")

    # It goes on by itself, and the card tells how far it is.
    told = page.locator(".inclusion")
    expect(told).to_contain_text("Buscando las conversaciones…")
    inclusions.step()
    inclusions.step()
    expect(told).to_contain_text("Incluyendo: 2 de 5")
    assert all_faults(page) == []
    while inclusions.step():
        pass
    expect(told).to_contain_text("5 conversaciones incluidas")

    # The conversation has a countdown, and says why.
    page.goto(f"/inbox/{lia.pk}")
    expect(page.locator("#clock")).to_contain_text("Se cierra")
    page.goto(f"/inbox/{lia.pk}/why")
    expect(page.locator(".story")).to_contain_text("Ana la incluyó al guardar la regla")

    # Whoever writes meanwhile keeps a clock of their own; the others lose theirs.
    cast.write("clienta 1", "¿Y mi pedido?")
    page.goto("/settings/closing")
    told.get_by_role("button", name="Deshacer").click()
    expect(told).to_contain_text("Retirando: 0 de 5")
    while inclusions.step():
        pass
    expect(told).to_contain_text("Deshecho: 4 conversaciones")
    expect(told).to_contain_text("1 quedó como está")
    page.goto(f"/inbox/{lia.pk}/why")
    expect(page.locator(".story")).not_to_contain_text("Ana la incluyó")
    assert Conversation.objects.filter(armed_at__isnull=False).count() == 1
    assert Inclusion.objects.get().stage == "undone"


def test_the_choice_is_counted_anew_when_other_accounts_are_chosen(cast: Cast, page: Page) -> None:
    cast.write("lia")
    page.goto("/settings/closing?new")
    card = page.locator("form.rule")
    card.get_by_label("Incluir las conversaciones que están abiertas sin reloj").check()
    expect(card.locator("[role='status']")).to_contain_text("Ninguna conversación de estas cuentas")
    card.get_by_label("Chat web").check()
    expect(card.locator("[role='status']")).to_contain_text("1 conversación está abierta sin reloj.")
    card.get_by_label("Incluir las conversaciones que están abiertas sin reloj").uncheck()
    expect(card.locator("[role='status']")).to_be_empty()
