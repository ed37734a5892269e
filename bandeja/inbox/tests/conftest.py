"""The browsers of Ana, who administers, and Bruno, who sells."""

import pytest

from bandeja.inbox.tests.browser import Browser
from tests.cast import Cast


@pytest.fixture
def ana(cast: Cast) -> Browser:
    return Browser(cast.ana)


@pytest.fixture
def bruno(cast: Cast) -> Browser:
    return Browser(cast.bruno)
