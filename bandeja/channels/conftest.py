"""A Graph for tests: nothing leaves the machine."""

from collections.abc import Iterator

import httpx
import pytest

from bandeja.channels.meta import graph
from bandeja.channels.meta.tests.answering import Fake


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """What Graph answers, in place of Graph."""
    fake = Fake()
    with httpx.Client(transport=httpx.MockTransport(fake)) as client:
        monkeypatch.setattr(graph, "client", lambda: client)
        yield fake
