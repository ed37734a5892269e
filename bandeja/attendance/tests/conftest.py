"""Everybody of the cast is there, unless a test says otherwise."""

import pytest

from bandeja.people import presence
from tests.cast import Cast


@pytest.fixture
def cast(cast: Cast) -> Cast:
    for agent in (cast.ana, cast.bruno):
        presence.seen(agent)
    return cast
