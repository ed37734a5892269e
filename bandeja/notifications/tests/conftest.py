"""What stories about being told begin with: a reader that has read everything, and browsers that take pushes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bandeja.conversations import events
from bandeja.notifications import gather
from bandeja.notifications.devices import turn_on
from bandeja.notifications.models import Device
from bandeja.notifications.tests.test_webpush import AUTH, RECEIVER
from bandeja.people.models import Agent

Read = Callable[[], int]


@pytest.fixture
def read(db: None) -> Read:
    """Publishes what happened and reads it, as the worker does; the past is read already."""

    def read() -> int:
        while events.publish():
            pass
        return gather.step()

    read()
    return read


@pytest.fixture
def device() -> Callable[..., Device]:
    def device(agent: Agent, endpoint: str = "https://push.example/1") -> Device:
        return turn_on(agent, endpoint=endpoint, p256dh=RECEIVER, auth=AUTH, user_agent="Chrome/1 Android")

    return device
