"""What the stories of the client and the commands share: the API in this process, a token, both clients' doors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from django.test import Client as Browser

from bandeja import cli
from bandeja.api import tokens
from bandeja.api.models import Scope
from bandeja.cli import remote
from bandeja.client import Client
from tests.cast import Cast


def answer(request: httpx.Request) -> httpx.Response:
    """The API in this process."""
    answered = Browser().generic(
        request.method,
        request.url.raw_path.decode(),
        request.content,
        content_type=request.headers.get("content-type", "application/octet-stream"),
        headers=dict(request.headers),
    )
    headers = {name: value for name, value in answered.headers.items() if name != "Content-Length"}
    return httpx.Response(answered.status_code, headers=headers, content=answered.content)


@pytest.fixture
def token(cast: Cast) -> str:
    return tokens.make(cast.ana, name="CRM", scopes=Scope, by=cast.ana)[1]


@pytest.fixture
def client(token: str) -> Iterator[Client]:
    with Client("http://testserver/", token, transport=httpx.MockTransport(answer)) as client:
        yield client


@pytest.fixture
def command(
    token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command against the API in this process; answers its status and all it said."""
    monkeypatch.setenv("BANDEJA_TOKEN", token)
    # The API is in this process: what it logs of a refusal is not what the command says.
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    monkeypatch.setattr(
        remote, "Client", lambda url, token, **more: Client(url, token, transport=httpx.MockTransport(answer), **more)
    )

    def run(*words: object) -> tuple[int, str]:
        status = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run
