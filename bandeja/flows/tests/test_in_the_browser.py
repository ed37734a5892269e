"""The issue's story in a real browser: "reopened after inactivity → tag + assign to a seller", built and watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from bandeja.closing import sweep
from bandeja.conversations import tags
from bandeja.conversations.models import Conversation
from bandeja.flows.models import Flow
from bandeja.flows.tests.conftest import Engine
from tests.cast import Cast
from tests.clock import Clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in Spanish."""
    session = Client()
    session.force_login(cast.ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, locale="es", service_workers="block") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


def begin(page: Page) -> None:
    """A blank flow that starts when a message opens a conversation again after a closing by rule."""
    page.goto("/settings/flows")
    page.get_by_role("button", name="Empezar desde Flujo nuevo").click()
    expect(page.get_by_text("Conversación abierta por mensaje recibido vía Inbox")).to_be_visible()
    page.get_by_role("link", name="Editar el inicio").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Qué mensaje").select_option("reopened")
    dialog.get_by_label("Por una regla").check()
    dialog.get_by_role("button", name="Guardar en el borrador").click()
    expect(page.get_by_text("un mensaje que la reabre")).to_be_visible()


def build(page: Page) -> None:
    dialog = page.locator("#dialog")
    page.get_by_role("link", name="Agregar un paso").click()
    dialog.get_by_role("link", name="Poner etiquetas").click()
    dialog.get_by_role("button", name="Guardar en el borrador").click()
    expect(dialog.locator(".error")).to_be_visible()  # which ones?
    dialog.get_by_label("Volvió").check()
    dialog.get_by_role("button", name="Guardar en el borrador").click()
    expect(page.locator("#step-s1")).to_contain_text("Volvió")
    page.get_by_role("link", name="Agregar un paso").press("Enter")  # by keyboard as well
    dialog.get_by_role("link", name="Asignar").press("Enter")
    dialog.get_by_label("Persona").select_option(label="Bruno")
    dialog.get_by_role("button", name="Guardar en el borrador").press("Enter")
    expect(page.locator("#step-s2")).to_contain_text("a Bruno")


def test_reopened_after_inactivity_it_is_tagged_and_given_to_a_seller(
    cast: Cast, engine: Engine, page: Page, clock: Clock
) -> None:
    tags.make(cast.workspace.pk, "Volvió")
    cast.rule(amount=1)
    begin(page)
    build(page)
    page.get_by_role("button", name="Publicar").click()
    page.get_by_role("button", name="Encender").click()
    expect(page.locator("h1 .badge")).to_have_text("Encendido")
    assert Flow.objects.get().active
    lia = cast.write("lia")
    clock.advance(minutes=2)
    sweep.sweep()
    engine.run()
    assert Conversation.objects.get(pk=lia.pk).status == "closed"
    cast.write("lia", "¡Hola de nuevo!")
    engine.run()
    page.goto(f"/inbox/{lia.pk}")
    expect(page.locator("#timeline")).to_contain_text("El flujo «Flujo nuevo» se la pasó a Bruno")
    expect(page.locator("#panel")).to_contain_text("Volvió")
    page.get_by_role("link", name="Qué hicieron aquí los flujos").click()
    expect(page.locator(".flow-log li")).to_have_count(2)
    expect(page.locator(".flow-log")).to_contain_text("Listo")
