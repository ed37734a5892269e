"""The shop that every test of the stand-in begins with."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bandeja.standin.client import Control
from bandeja.standin.tests.cast import Shop, open_shop
from tests.standin import Callback


@pytest.fixture
def shop(standin: Control, callback: Callback) -> Iterator[Shop]:
    with httpx.Client(base_url=standin.url, trust_env=False) as http:
        yield open_shop(standin, callback, http)
