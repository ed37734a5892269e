"""A channel's servers on this machine: what they answer is scripted, and what they were asked is kept."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image

UNTOLD = -1


@dataclass
class Answer:
    """What is answered once; `length` lies about how much follows, or is UNTOLD.

    `hold` is waited for before the body's second half.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hold: threading.Event | None = None


@dataclass
class Asked:
    """What was asked."""

    path: str
    headers: dict[str, str]


class Remote:
    """Answers each path with what was put there, in order; the last answer is given again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answer]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, path: str, *answers: Answer) -> str:
        """Answer so at `path`; answers the address."""
        self._answers[path] = list(answers)
        return self.url + path

    def put_media(self, media_id: str, *files: Answer, told: bytes | None = None, **more: Any) -> None:
        """As WhatsApp does: the id's address, told anew each time it is asked for, and the file there."""
        told_of = files[-1].body if told is None else told
        digest = base64.b64encode(hashlib.sha256(told_of).digest()).decode()
        answers = []
        for number, file in enumerate(files):
            url = self.put(f"/cdn/{media_id}/{number}", file)
            said = {"url": url, "mime_type": "image/png", "sha256": digest, "file_size": len(told_of), "id": media_id}
            answers.append(Answer(json.dumps({**said, **more}).encode()))
        self.put(f"/v26.0/{media_id}", *answers)

    def paths(self) -> list[str]:
        return [asked.path.partition("?")[0] for asked in self.asked]

    def _next(self, path: str) -> Answer:
        answers = self._answers.get(path.partition("?")[0], [Answer(b"nothing here", 404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                remote.asked.append(Asked(self.path, dict(self.headers)))
                answer = remote._next(self.path)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.length != UNTOLD:
                    self.send_header("Content-Length", str(answer.length or len(answer.body)))
                self.end_headers()
                half = len(answer.body) // 2
                self.wfile.write(answer.body[:half])
                if answer.hold:
                    self.wfile.flush()
                    answer.hold.wait(30)
                self.wfile.write(answer.body[half:])

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's word
                pass

        return Handler


def picture(width: int = 60, height: int = 40, form: str = "PNG", **more: Any) -> bytes:
    """A picture's bytes."""
    file = BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(file, form, **more)
    return file.getvalue()


def moving(width: int, height: int) -> bytes:
    """A WebP of three pictures."""
    frames = [Image.new("RGB", (width, height), (shade, 9, 9)) for shade in (0, 90, 180)]
    into = BytesIO()
    frames[0].save(into, "WEBP", save_all=True, append_images=frames[1:])
    return into.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of some kilobytes that says it unfolds to this many pixels, and does."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\x00" + b"\x00" * ((width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!DOCTYPE html><html><title>Log in</title><script>alert(1)</script></html>"
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n"
