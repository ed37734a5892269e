"""The contact beside a thread in a real browser: tagged by a key, edited by two, merged with another; on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bandeja.conversations import contacts, fields
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.inbox.tests.test_in_the_browser import open_thread, page
from tests.axe import all_faults
from tests.cast import Cast

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, name: str) -> None:
    """Nothing is wrong with what is shown; for whoever wants to see, in the folder BANDEJA_TEST_PICTURES names."""
    assert all_faults(page) == []
    page.emulate_media(reduced_motion="reduce")
    if folder := os.environ.get("BANDEJA_TEST_PICTURES"):
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=Path(folder) / f"contact-{name}-{theme}.png")


def test_a_contact_is_tagged_edited_by_two_noted_and_merged(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    double = cast.write("Lía R.", "¿Tienen la Ruta 28?", email="lia@otra.example")
    city = fields.make(cast.workspace.pk, "Ciudad", "choice", ["Cali", "Cúcuta"])
    suggest_merges([Double(cast.workspace.pk, lia.contact_id, double.contact_id, "x")])
    open_thread(page, lia)
    page.keyboard.press("l")
    page.get_by_label("New tag").fill("VIP")
    look(page, "tags")
    page.keyboard.press("Enter")
    expect(page.locator(".panel .tag")).to_contain_text("VIP")
    expect(page.locator(f"#row-{lia.pk} .tag")).to_contain_text("VIP")

    page.locator(".panel").get_by_role("button", name="Edit").click()
    page.locator("#dialog [name='name']").fill("Lía Restrepo")
    page.locator("#dialog [name='email']").fill("lia@correo.example")
    page.locator(f"#dialog [name='{city.pk}']").select_option("Cali")
    contacts.edit(lia.contact_id, {"name": "Lía, la del taller"}, seen={"name": "Lía"})
    page.locator("#dialog [name='email']").press("Enter")
    expect(page.locator("#dialog .error")).to_contain_text("Lía, la del taller")
    look(page, "conflict")
    page.locator("#dialog .button.primary").click()
    expect(page.locator("#thread-name")).to_have_text("Lía Restrepo")
    expect(page.locator(".panel .facts").first).to_contain_text("Cali")

    page.locator(".panel").get_by_role("button", name="Note").click()
    page.locator("#dialog textarea").fill("Prefiere que la llamen por la tarde.")
    page.locator("#dialog .button.primary").click()
    expect(page.locator(".contact-notes")).to_contain_text("por la tarde")
    look(page, "panel")

    page.get_by_role("button", name="Compare").click()
    page.get_by_label("lia@otra.example").check()
    look(page, "merge")
    page.get_by_role("button", name="Merge them").click()
    expect(page.locator(".timeline")).to_contain_text("merged Lía R. into this contact")
    expect(page.locator(f"#row-{double.pk}")).to_have_count(0)
    look(page, "merged")


def test_on_a_phone_the_contact_is_a_sheet_that_does_the_same(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    cast.write("Lía R.", "¿Tienen la Ruta 28?")
    page.set_viewport_size({"width": 360, "height": 780})
    open_thread(page, lia)
    page.locator(".thread-head").get_by_label("More").click()
    page.get_by_role("button", name="Contact", exact=True).click()
    look(page, "phone")
    page.get_by_label("More about the contact").click()
    page.get_by_role("button", name="Merge with another contact").click()
    page.locator("#dialog [name='q']").fill("lia r")
    page.locator(".found button").click()
    look(page, "phone-merge")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("More about the contact").click()
    page.get_by_role("button", name="Erase").click()
    look(page, "phone-erase")
    page.get_by_role("button", name="Erase for ever").click()
    expect(page.locator(".thread[data-conversation]")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(1)
