"""The browsers of Ana, who administers, and Bruno, who sells; the web process that real ones ask."""

from collections.abc import Iterator

import pytest

from bandeja.inbox.tests.browser import Browser
from tests.cast import Cast
from tests.server import Server, a_server


@pytest.fixture
def ana(cast: Cast) -> Browser:
    return Browser(cast.ana)


@pytest.fixture
def bruno(cast: Cast) -> Browser:
    return Browser(cast.bruno)


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[Server]:
    """One for all stories: no id comes twice. Styles and scripts come from their folders, not collected."""
    with a_server(BANDEJA_DEBUG="yes") as server:
        yield server
