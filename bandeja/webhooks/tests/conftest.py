"""A server outside that webhooks may be sent to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bandeja.webhooks import outside
from bandeja.webhooks.tests.receiver import Receiver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """On this machine, which this installation is told to trust."""
    receiver = Receiver()
    monkeypatch.setenv("BANDEJA_WEBHOOK_HOSTS", receiver.host)
    yield receiver
    receiver.close()
    outside._network().close()
    outside._made.cache_clear()
