"""A pytest plugin: the browser of a module's stories. Each opens its own context in it, as a person a profile."""

import shutil
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
GIVEN = ["--no-sandbox", "--use-fake-device-for-media-stream"]
"""Root may start it, and its microphone beeps."""


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """Started once for a module: starting it costs as much as a short story."""
    found = next(filter(None, map(shutil.which, NAMES)))
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")  # playwright keeps an event loop in this thread
        browser = playwright.chromium.launch(executable_path=found, args=GIVEN)
        yield browser
        browser.close()
        connection.close()  # the loop's own, which nobody else would close
