"""The shop that every test of the stand-in begins with."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bandeja.standin.client import Control
from bandeja.standin.tests.cast import Shop, open_shop
from tests.standin import Callback


@pytest.fixture(scope="session")
def http(one_standin: Control) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=one_standin.url, trust_env=False) as client:
        yield client


@pytest.fixture
def shop(standin: Control, callback: Callback, http: httpx.Client) -> Shop:
    return open_shop(standin, callback, http)
