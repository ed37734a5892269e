"""Somebody's server on this machine: what it answers is scripted, and what it was told is kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What is answered once; `before` are seconds of silence, `drip` seconds between two bytes of the body."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    before: float = 0.0
    drip: float = 0.0


@dataclass
class Told:
    """What it was told."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers each path with what was put there, in order; the last answer is given again and again."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._replies: dict[str, list[Reply]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, *replies: Reply, path: str = "/hook") -> str:
        """Answer so at `path`; answers the address."""
        self._replies[path] = list(replies)
        return f"http://{self.host}{path}"

    def _next(self, path: str) -> Reply:
        replies = self._replies.get(path, [Reply()])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.told.append(Told(self.path, headers, body, time.monotonic()))
                self._answer(receiver._next(self.path))

            def do_GET(self) -> None:
                receiver.told.append(Told(self.path, {}, b"", time.monotonic()))
                self._answer(Reply(405))

            def _answer(self, reply: Reply) -> None:
                time.sleep(reply.before)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                try:
                    for byte in reply.body if reply.drip else b"":
                        time.sleep(reply.drip)
                        self.wfile.write(bytes([byte]))
                    if not reply.drip:
                        self.wfile.write(reply.body)
                except OSError:
                    pass  # whoever asked has heard enough

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's word
                pass

        return Handler
