"""Files over real HTTP, by way of the same threads as in production."""

from __future__ import annotations

import os
import socket
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bandeja.asgi import FILE_THREADS
from bandeja.channels.contract import Kind, Media
from bandeja.conversations.models import Attachment, FileState
from bandeja.media.storage import storage
from bandeja.media.tests.conftest import told
from tests.cast import Cast
from tests.server import Server, a_server

pytestmark = pytest.mark.django_db(transaction=True)

BODY = os.urandom(1024 * 1024) * 24
"""More than all the buffers between a server and a client who does not read."""


@pytest.fixture
def film(cast: Cast, settings: Any) -> Attachment:
    """A large film, where the web process finds it."""
    where = str(Path(os.environ["BANDEJA_HOME"]) / "media")
    entry = {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": where}}
    settings.STORAGES = {**settings.STORAGES, "media": entry}
    attachment = told(cast, cast.chat, Media(Kind.VIDEO, "x")).attachments.get()
    storage().keep("1/film", BytesIO(BODY))
    values = {"state": FileState.STORED, "file": "1/film", "size": len(BODY), "mime": "video/mp4", "look_at": None}
    Attachment.objects.filter(pk=attachment.pk).update(**values)
    return attachment


def cookie(cast: Cast) -> str:
    browser = Client()
    browser.force_login(cast.ana)
    return f"bandeja_session={browser.cookies['bandeja_session'].value}"


def get(server: Server, path: str, **headers: str) -> tuple[HTTPConnection, Any]:
    line = server.connect()
    line.request("GET", path, headers=headers)
    return line, line.getresponse()


def test_a_player_seeks_and_slow_ones_hold_up_no_page(cast: Cast, film: Attachment) -> None:
    path, signed_in = f"/media/{film.pk}", cookie(cast)
    with a_server() as server:
        line, part = get(server, path, Cookie=signed_in, Range="bytes=1000000-1999999")
        assert (part.status, part.read()) == (206, BODY[1_000_000:2_000_000])
        line.close()

        slow = []
        for _ in range(FILE_THREADS + 2):
            peer = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {signed_in}\r\n\r\n".encode())
            slow.append(peer)
        for peer in slow[:FILE_THREADS]:
            assert peer.recv(12) == b"HTTP/1.1 200"
        line, page = get(server, "/healthz")
        assert page.status == 200
        line.close()
        for peer in slow:
            peer.close()

        line, whole = get(server, path, Cookie=signed_in)
        assert (whole.status, whole.read() == BODY) == (200, True)
        line.close()
