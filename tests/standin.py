"""A pytest plugin: the Graph stand-in on a port of its own, and a callback that remembers what it was told."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

PATIENCE = 10.0
FIELDS = [
    "messages",
    "message_template_status_update",
    "user_id_update",
    "smb_message_echoes",
    "smb_app_state_sync",
    "history",
    "calls",
]


@dataclass(frozen=True)
class Told:
    """One delivery as it came: the bytes and the headers, names in lower case."""

    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        told = json.loads(self.body)
        assert isinstance(told, dict)
        return told

    @property
    def items(self) -> list[dict[str, Any]]:
        """Its changes' values and its messaging items, in their order."""
        found = []
        for entry in self.json["entry"]:
            found += [change["value"] for change in entry.get("changes", [])]
            found += entry.get("messaging", []) + entry.get("standby", [])
        return found


@dataclass
class Callback:
    """An address that webhooks are delivered to. `status` is what it answers; `verify_token` what it believes."""

    url: str = ""
    verify_token: str = "open sesame"
    status: int = 200
    told: list[Told] = field(default_factory=list)

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for told in self.told for item in told.items]

    def messages(self) -> list[dict[str, Any]]:
        """Every message that WhatsApp told."""
        return [message for item in self.items for message in item.get("messages", [])]

    def statuses(self) -> list[dict[str, Any]]:
        """Every status that WhatsApp told."""
        return [status for item in self.items for status in item.get("statuses", [])]


@pytest.fixture(scope="session")
def one_standin() -> Iterator[Any]:
    """The control of a stand-in that runs in a thread; its time is the real one until a test changes it."""
    import uvicorn

    from bandeja.standin.app import Standin
    from bandeja.standin.client import Control
    from tests.server import free_port

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = uvicorn.Config(Standin(url), port=port, loop="asyncio", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
    thread.start()
    _await(lambda: server.started)
    with Control(url) as control:
        yield control
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def standin(one_standin: Any) -> Iterator[Any]:
    """The stand-in's control (`bandeja.standin.client.Control`), with nothing in it; its `url` is Graph's."""
    one_standin.reset()
    yield one_standin
    one_standin.reset()


@pytest.fixture
def callback() -> Iterator[Callback]:
    """An address for webhooks, and what it was told."""
    heard = Callback()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            believed = asked.get("hub.verify_token") == heard.verify_token and asked.get("hub.mode") == "subscribe"
            self._answer(200 if believed else 403, asked.get("hub.challenge", "") if believed else "")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.told.append(Told(body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(heard.status, "")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at `told`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/meta/app"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield heard
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE)


def _await(is_so: Any) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "the stand-in did not start"
        time.sleep(0.01)
