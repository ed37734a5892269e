"""A pytest plugin: the browser of a module's stories. Each opens its own context in it, as a person a profile."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.plugin import blocking_manager_key

from tests.emptying import empty

PATIENCE = 15_000
"""Milliseconds that a page may take to show what is expected: a machine that proves everything at once is slow."""
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there: the one without windows opens a page in a third of the time."""
GIVEN = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""Root may start it, its microphone beeps, and whoever asks may use it."""


def pytest_configure() -> None:
    expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story that fails in the browser is told once more, and counted as told twice: a fault fails both times."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Why the first telling failed: what only sometimes fails is found by its words, or never."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"told again: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a story wrote is there still when it is told again, if taking it down is what failed."""
    marker = item.get_closest_marker("django_db")
    if getattr(item, "execution_count", 1) > 1 and marker and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            empty()


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
