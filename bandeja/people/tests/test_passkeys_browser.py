"""Passkeys in a real browser, with a device that it plays: made, signed in with, removed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import Cast

PASSWORD = "un caballo verde"


def a_device(page: Page) -> None:
    """A fingerprint reader that always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    told = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": told})


def type_password(page: Page, email: str) -> None:
    page.locator("[name='login']").fill(email)
    page.locator("[name='password']").fill(PASSWORD)
    page.locator("form:has([name='login']) .button.primary").click()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_made_and_opens_the_door_by_itself(cast: Cast, live_server: Any, chromium: Browser) -> None:
    cast.bruno.set_password(PASSWORD)
    cast.bruno.save()
    with chromium.new_page(base_url=live_server.url) as page:
        page.set_default_timeout(90_000)
        page.goto("/accounts/login/")
        a_device(page)
        type_password(page, cast.bruno.email)
        page.wait_for_url("**/inbox**")
        page.goto("/settings/security/passkeys/new")
        page.locator("[name='password']").fill(PASSWORD)
        page.locator(".button.primary").click()
        page.wait_for_url("**/passkeys/new")
        page.locator("form[data-passkey] .button.primary").click()
        page.wait_for_url("**/settings/security/codes")
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.locator("form[data-passkey='enter'] button").click()
        page.wait_for_url("**/inbox**")
        # Where there is a passkey, the password alone is only the first step.
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        type_password(page, cast.bruno.email)
        expect(page.locator("[name='code']")).to_be_visible()
        page.locator("form[data-passkey='ask'] button").click()
        page.wait_for_url("**/inbox**")
