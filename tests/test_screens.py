"""Every screen, in every language, on a desk and on a phone, by day and by night.

`bin/test` looks at each in Spanish on a desk, in both themes; `bin/test --all` at every combination.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import Resolver404, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from bandeja.media.folder import Folder
from bandeja.standin.client import Control
from tests import messages, world
from tests.axe import THEMES, faults
from tests.emptying import empty
from tests.install import eventually
from tests.screens import SCREENS, Screen
from tests.server import a_server, address
from tests.world import World

LANGUAGES = {"es": "es", "en": None, "pt-br": "pt_BR"}
"""Each with its catalogue."""
WIDTHS = {"desk": 1280, "phone": 360}

SETTLED = """() => !document.querySelector('.htmx-request') && document.getAnimations().length === 0
    && [...document.querySelectorAll('#open, .bubble')].every(each => getComputedStyle(each).opacity === '1')"""
# What is wider than the place it has: the page, or a part of it that scrolls or cuts. What is meant to be cut says so
# with an ellipsis or is for those who listen; codes, fields and the phone's strip of settings are meant to scroll.
WIDER = """() => [...document.querySelectorAll('html, body *')].filter(each => {
  if (each.scrollWidth <= each.clientWidth + 1 || each.clientWidth < 2) return false;
  if (each.matches('html')) return true;
  const { overflowX, textOverflow, clipPath } = getComputedStyle(each);
  const cuts = overflowX !== 'visible' && textOverflow !== 'ellipsis' && clipPath === 'none';
  return cuts && !each.matches('code, input, textarea, select, .places');
}).map(each => `${each.tagName} .${each.className} #${each.id} ${each.scrollWidth} > ${each.clientWidth}`)"""

# What a person reads or hears, piece by piece; a shadow root's too.
WORDS = """() => {
  const said = [document.title];
  const read = root => {
    for (const each of root.querySelectorAll('*')) {
      if (each.closest('[translate=no], [name=language], script, style, code, kbd')) continue;
      for (const { name, value } of each.attributes)
        if (/^(title|alt|placeholder|aria-label|data-)/.test(name)) said.push(value);
      for (const node of each.childNodes) if (node.nodeType === 3) said.push(node.data);
      if (each.shadowRoot) read(each.shadowRoot);
    }
  };
  read(document);
  return said.map(text => text.replace(/\\s+/g, ' ').trim()).filter(Boolean);
}"""


def combinations() -> list[Any]:
    found = []
    for language, width, screen in product(LANGUAGES, WIDTHS, SCREENS):
        by_default = (language, width) == ("es", "desk")
        name = f"{screen.name}-{language}-{width}"
        found.append(pytest.param(screen, language, width, id=name, marks=[] if by_default else pytest.mark.slow))
    return found


@pytest.fixture(scope="module")
def worlds(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, one_standin: Control
) -> Iterator[dict[str, World]]:
    """The prepared database, one for all tests, which change nothing in it that another would miss.

    One in each language that is looked at: making one takes seconds.
    """
    mine = [each for each in request.session.items if each.path == request.path and hasattr(each, "callspec")]
    looked_at = {"es"} | {each.callspec.params.get("language") for each in mine}
    with django_db_blocker.unblock():
        try:
            yield {each: world.make(each, one_standin.url) for each in LANGUAGES if each in looked_at}
        finally:
            empty()
            connection.close()


@pytest.fixture(scope="module")
def url(worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all, with styles and scripts collected and named as in production."""
    home = tmp_path_factory.mktemp("home")
    said = {"BANDEJA_HOME": str(home), "BANDEJA_SECRET_KEY": settings.SECRET_KEY}
    migrate = [sys.executable, "-m", "bandeja", "migrate", "--quiet"]
    subprocess.run(migrate, env={**os.environ, **said, "DATABASE_URL": address()}, check=True)
    for shown in worlds.values():
        for key, content in shown.files.items():
            Folder(location=home / "media").keep(key, BytesIO(content))
    with a_server(**said) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def context(worlds: dict[str, World], url: str, chromium: Browser) -> Callable[[str, str, str], BrowserContext]:
    """The browser of somebody who reads a language at a width, kept so that it fetches styles and scripts once."""

    @cache
    def make(who: str, language: str, width: str) -> BrowserContext:
        size: ViewportSize = {"width": WIDTHS[width], "height": 780}
        made = chromium.new_context(base_url=url, locale=language, viewport=size, reduced_motion="reduce")
        if who:
            made.add_cookies([{"name": "bandeja_session", "value": worlds[language].sessions[who], "url": url}])
        return made

    return make


@pytest.fixture
def page(
    context: Callable[[str, str, str], BrowserContext], screen: Screen, language: str, width: str
) -> Iterator[Page]:
    """Closed whatever happened: a browser opens six streams to one server, and then waits."""
    page = context(screen.who, language, width).new_page()
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.one_hand("a screen is looked at, whoever's hands brought it")
@pytest.mark.django_db
@pytest.mark.parametrize(("screen", "language", "width"), combinations())
def test_a_screen_is_whole_and_everybody_can_use_it(
    screen: Screen, language: str, width: str, worlds: dict[str, World], page: Page
) -> None:
    shown, troubles = worlds[language], listen(page, screen)
    answer = page.goto(screen.path.format_map(shown.names))
    assert answer is not None
    assert answer.status == screen.status
    if screen.then:
        screen.then(page, shown)
    assert page.evaluate("document.documentElement.lang") == language
    assert english(page, LANGUAGES[language]) == []
    assert wider(page) == []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert eventually(lambda: bool(page.evaluate(SETTLED)))
        keep_a_picture(page, f"{screen.name}-{language}-{width}-{theme}")
        assert faults(page, theme) == []
    assert troubles == []


def listen(page: Page, screen: Screen) -> list[str]:
    """What goes wrong in the browser from here on; an answer that is meant to refuse is none of it."""
    troubles: list[str] = []
    meant = re.compile(rf"status of (422|{screen.status}) ")
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type == "error" and not meant.search(said.text) else None,
    )
    return troubles


def wider(page: Page) -> list[str]:
    """What does not fit into the place it has."""
    found: list[str] = page.evaluate(WIDER)
    return found


def english(page: Page, locale: str | None) -> list[str]:
    """What is still said as the code says it, though there is a translation."""
    if locale is None:
        return []
    alone, within = untranslated(locale)
    said: list[str] = page.evaluate(WORDS)
    all_of_it = "\n".join(said)
    found = [piece for piece in within if piece in all_of_it]
    return [text for text in said if text in alone or any(piece in text for piece in found)]


@cache
def untranslated(locale: str) -> tuple[set[str], set[str]]:
    """Texts of the code that differ from their translation: whole ones, and the long pieces of those with places."""
    pieces: set[str] = set()
    translated: set[str] = set()
    for message in messages.catalogue(locale):
        pieces.update(piece for text in messages.forms(message.id) for piece in cut(text))
        translated.update(piece for text in messages.forms(message.string) for piece in cut(text))
    left = pieces - translated
    return left, {piece for piece in left if len(piece) >= 12 and " " in piece}


def cut(text: str) -> list[str]:
    return [piece.strip() for piece in PLACES.split(text) if piece.strip(" .,:;“”›")]


PLACES = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|</?\w[^>]*>|&\w+;")


def keep_a_picture(page: Page, name: str) -> None:
    """For whoever wants to see for themselves: in the folder that BANDEJA_TEST_PICTURES names."""
    if folder := os.environ.get("BANDEJA_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '_')}.png")


# What the names in addresses stand for, so that a test can ask for each of them.
STANDS_FOR = {
    "account_id": "chat",
    "agent_id": "person",
    "role_id": "role",
    "session_id": "thread",
    "pk": "passkey",
    "conversation_id": "everything",
    "message_id": "lost",
    "team_id": "team",
    "template_id": "template",
    "app_id": "meta",
    "external_id": "key",
    "rule_id": "rule",
    "inclusion_id": "inclusion",
    "calendar_id": "calendar",
    "tag_id": "tag",
    "view_id": "view",
    "reply_id": "reply",
    "field_id": "field",
    "import_id": "import",
    "note_id": "note",
    "other_id": "thread",
    "token_id": "token",
    "webhook_id": "webhook",
    "contact_id": "contact",
    "flow_id": "flow",
    "step_id": "step",
    "run_id": "run",
    "undoing_id": "undoing",
    "place": "place",
    "kind": "kind",
}


@pytest.mark.django_db
def test_every_page_is_among_the_screens(worlds: dict[str, World]) -> None:
    """Asks at every address there is, signed in and not: where a whole page answers, some screen must look."""
    shown = worlds["es"]
    visitor, ana = Client(), Client()
    ana.force_login(shown.people["ana"], backend=world.BACKEND)
    pages = {route for route, path in addresses(shown) if any(is_page(who.get(path)) for who in (visitor, ana))}
    looked_at = {route_of(screen.path.format_map(shown.names)) for screen in SCREENS}
    assert len(pages) > 15
    assert pages - looked_at == set(), "add these to tests/screens.py"


def addresses(shown: World) -> Iterator[tuple[str, str]]:
    """Each route that has a name, and an address of it; what answers only with a secret has a screen anyway."""
    for name, names in routes(get_resolver()):
        if names <= STANDS_FOR.keys():
            yield name, reverse(name, kwargs={each: shown.names[STANDS_FOR[each]] for each in names})
        else:
            assert names in SECRETS, f"say in STANDS_FOR what {names - STANDS_FOR.keys()} of {name} may be"


SECRETS = (
    {"uid", "token"}, {"uidb36", "key"}, {"token"}, {"attachment_id"}, {"provider_id"}, {"bulk_id"},
    {"conversation_id", "attachment_id"}, {"conversation_id", "suggestion_id"}, {"device_id"},
)  # fmt: skip
"""What no name stands for: addresses that are secrets, and those of files and suggestions, which are no pages."""


def routes(resolver: URLResolver, within: str = "") -> Iterator[tuple[str, set[str]]]:
    """The full name of each route, and the names in its address."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from routes(each, f"{within}{each.namespace}:" if each.namespace else within)
        elif each.name:
            yield f"{within}{each.name}", set(each.pattern.regex.groupindex)


def route_of(path: str) -> str:
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""


def is_page(answer: Any) -> bool:
    kind = answer.headers.get("content-type", "")
    return answer.status_code == 200 and kind.startswith("text/html") and b"<!doctype html" in answer.content[:400]
