"""The screen of closing rules in a real browser: cards that come, go and are refused one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

from bandeja.channels.models import Account
from bandeja.closing import rules
from bandeja.closing.models import Rule
from bandeja.people.models import Agent
from tests.axe import all_faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MakeAccount = Callable[[str], Account]


@pytest.fixture
def page(cast: Cast, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """Ana's browser, in English."""
    Agent.objects.filter(pk=cast.ana.pk).update(language="en")
    session = Client()
    session.force_login(cast.ana)
    cookie = session.cookies["bandeja_session"].value
    with chromium.new_context(base_url=live_server.url, service_workers="block") as context:
        context.add_cookies([{"name": "bandeja_session", "value": cookie, "url": live_server.url}])
        yield context.new_page()


def open_rules(page: Page) -> Locator:
    page.goto("/settings/closing")
    return page.locator("form.rule")


def fill(card: Locator, **fields: str) -> None:
    for name, value in fields.items():
        card.locator(f"[name='{name}']").fill(value)


def save(card: Locator) -> None:
    card.get_by_role("button", name="Save settings").click()


def test_a_first_rule_is_made_where_it_is_asked_for(cast: Cast, page: Page) -> None:
    cards = open_rules(page)
    page.get_by_role("link", name="Add a rule").click()
    expect(cards.locator("[name='amount']")).to_be_focused()
    fill(cards, amount="90", reason="Sin respuesta", name="Ventas")
    cards.locator("[name='unit']").select_option("minutes")
    cards.get_by_label("Chat web").check()
    expect(cards.locator(".summary")).to_contain_text("does not write for 90 minutes on Chat web")
    expect(cards.locator("output")).to_have_text("13 / 200")
    save(cards)
    expect(page.locator(".toast")).to_contain_text("“Ventas” was saved")
    expect(cards.get_by_role("heading", name="Ventas")).to_be_focused()
    assert Rule.objects.get().amount == 90


def test_a_refused_card_keeps_what_was_typed_and_takes_the_focus(cast: Cast, page: Page) -> None:
    cast.rule(name="Ventas")
    card = open_rules(page)
    fill(card, amount="1.5", reason="x" * 201)
    expect(card.locator(".counter")).to_have_class(re.compile("over"))
    save(card)
    expect(card.get_by_text("Write a whole number from 1 to")).to_be_visible()
    expect(card.locator("[name='amount']")).to_be_focused()
    expect(card.locator("[name='amount']")).to_have_value("1.5")
    assert all_faults(page) == []


def test_saving_one_card_leaves_the_others_as_they_are_being_typed(
    cast: Cast, page: Page, another_account: MakeAccount
) -> None:
    other, free = another_account("Otra"), another_account("Libre")
    cast.rule(cast.chat, name="Primera")
    cast.rule(other, name="Segunda")
    cards = open_rules(page)
    fill(cards.nth(1), reason="A medio escribir")
    cards.nth(0).get_by_label(free.name).check()
    save(cards.nth(0))
    expect(cards.nth(1).get_by_label(free.name)).to_be_disabled()
    expect(cards.nth(1)).to_contain_text("In the rule “Primera”")
    expect(cards.nth(1).locator("[name='reason']")).to_have_value("A medio escribir")


def test_a_stale_card_shows_both_versions_and_the_next_save_is_meant(cast: Cast, page: Page) -> None:
    rule = cast.rule(name="Ventas", reason="Antes")
    card = open_rules(page)
    theirs = rules.Draft("Ventas", 2, "hours", "De Bruno", [cast.chat.pk])
    rules.save(cast.workspace, theirs, by=cast.bruno, rule_id=rule.pk)
    fill(card, reason="De Ana")
    save(card)
    expect(card.locator(".versions")).to_contain_text("Bruno changed this rule")
    assert all_faults(page) == []
    save(card)
    expect(page.locator(".toast")).to_contain_text("was saved")
    rule.refresh_from_db()
    assert (rule.reason, rule.version) == ("De Ana", 3)


def test_what_was_typed_can_be_discarded(cast: Cast, page: Page) -> None:
    rule = cast.rule(name="Ventas", reason="Antes")
    card = open_rules(page)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.bruno)
    fill(card, reason="De Ana")
    save(card)
    card.get_by_role("link", name="Discard what I typed").click()
    expect(card.locator("[name='reason']")).to_have_value("Antes")
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_role("link", name="Discard", exact=True).click()
    expect(card).to_have_count(1)


def test_deleting_asks_first_and_takes_the_card_away(cast: Cast, page: Page) -> None:
    cast.rule(name="Ventas")
    card = open_rules(page)
    card.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert Rule.objects.exists()
    card.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete the rule").click()
    expect(card).to_have_count(0)
    expect(page.get_by_text("No conversation closes by itself yet")).to_be_visible()
    assert not Rule.objects.exists()
