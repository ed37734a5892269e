"""What the stories of Meta's channels share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bandeja.demo import phones
from bandeja.media.links import public_url
from bandeja.outbox.lane import Lane
from bandeja.standin.client import Control
from tests.cast import Cast
from tests.clock import Clock
from tests.standin import Callback
from tests.story import Story, stand_still


@pytest.fixture
def story(
    cast: Cast,
    clock: Clock,
    standin: Control,
    callback: Callback,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Iterator[Story]:
    """The shop's WhatsApp number, Page and Instagram account, connected to the stand-in and subscribed."""
    monkeypatch.setenv("BANDEJA_STANDIN_PORT", str(urlsplit(standin.url).port))
    monkeypatch.setenv("BANDEJA_PORT", str(urlsplit(callback.url).port))
    media = {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "media": media}
    stand_still(clock, standin)
    app = phones.connect(cast.workspace)
    callback.verify_token = app.verify_token
    phones.teach(app, standin)
    lane = Lane(link=public_url)
    yield Story(cast, app, standin, callback, clock, lane)
    lane.close()
