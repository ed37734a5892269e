"""Posting bytes to an address that somebody typed: guarded, limited in time and size, and never raising.

For whoever calls an address outside: webhooks, and the flow action that calls one.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from ssl import SSLError

import httpx

from bandeja import environment, guard

SECONDS = 10.0
"""For a call as a whole: looking the name up, connecting, sending, redirects, and hearing the answer."""
MOST_READ = 64 * 1024
"""Bytes of an answer's body; what follows them is not read."""
MOST_REDIRECTS = 3
KEEPS_BODY = frozenset({307, 308})
"""The redirects that say: send the same there. The others would make a GET of it (RFC 9110, 15.4)."""

_making = threading.Lock()


class Failure(StrEnum):
    """Why there is no answer that counts; `webhooks.words.FAILURES` has a sentence for each."""

    NOT_AN_ADDRESS = "not_an_address"
    NOT_PUBLIC = "not_public"
    NOT_FOUND = "not_found"
    NO_CONNECTION = "no_connection"
    NOT_TRUSTED = "not_trusted"
    TOO_SLOW = "too_slow"
    BROKEN_OFF = "broken_off"
    REDIRECTED = "redirected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is 0 when nothing did; header names are in small letters; `ms` is how long it took.

    `failure` is None for an answer of 2xx alone: any other status is REFUSED, a redirect that is not followed
    REDIRECTED. `body` has at most MOST_READ bytes, as they were sent: nothing is unpacked.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ms: int = 0
    failure: Failure | None = None


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST `body` to `url` and tell what became of it; raises nothing, and takes SECONDS at the most.

    Only https to public addresses, and anything to the hosts of BANDEJA_WEBHOOK_HOSTS; checked for the address that
    is connected to, and again at each redirect (`bandeja.guard`). Call it outside any transaction.
    """
    began = time.monotonic()
    if not is_address(url):
        return Answer(failure=Failure.NOT_AN_ADDRESS)
    try:
        with guard.within(SECONDS), _network().client(environment.WEBHOOK_HOSTS.value()) as client:
            answer = _posted(client, client.build_request("POST", url, content=body, headers=dict(headers)))
    except (guard.NotPublic, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        answer = Answer(failure=_failure(error))
    return Answer(
        answer.status, answer.headers, answer.body, round(1000 * (time.monotonic() - began)), answer.failure
    )


def is_address(url: str) -> bool:
    """Whether it could be called at all, wherever it leads: http or https, and a host."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parts.scheme in guard.USUAL and bool(parts.host)


def _network() -> guard.Network:
    """The process's connections; no cookie is kept between two calls."""
    with _making:  # or threads that begin together make one each, and lose all but one
        return _made()


@cache
def _made() -> guard.Network:
    return guard.Network()


def _posted(client: httpx.Client, request: httpx.Request) -> Answer:
    for _ in range(MOST_REDIRECTS + 1):
        response = client.send(request, stream=True, follow_redirects=False)
        try:
            if response.status_code not in KEEPS_BODY or response.next_request is None:
                return _answer(response)
            request = response.next_request
        finally:
            response.close()
    return Answer(response.status_code, dict(response.headers), failure=Failure.REDIRECTED)


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, dict(response.headers), _body(response), failure=_refusal(response))


def _refusal(response: httpx.Response) -> Failure | None:
    if response.is_success:
        return None
    return Failure.REDIRECTED if response.has_redirect_location else Failure.REFUSED


def _body(response: httpx.Response) -> bytes:
    """Its beginning, as far as it came: a status that was heard stands, whatever becomes of the rest."""
    read = bytearray()
    try:
        for chunk in response.iter_raw():
            read += chunk
            if len(read) >= MOST_READ:
                break
    except httpx.HTTPError:
        pass
    return bytes(read[:MOST_READ])


def _failure(error: Exception) -> Failure:
    if isinstance(error, guard.NotPublic):
        return Failure.NOT_PUBLIC
    if isinstance(error, httpx.TimeoutException):
        return Failure.TOO_SLOW
    if isinstance(error, httpx.ConnectError):
        return _unconnected(error)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
        return Failure.NOT_AN_ADDRESS
    return Failure.BROKEN_OFF


def _unconnected(error: BaseException) -> Failure:
    """Which step failed: httpx says all of them with one word, and the reason behind it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SSLError):
            return Failure.NOT_TRUSTED
        if isinstance(cause, guard.NotFound | socket.gaierror):
            return Failure.NOT_FOUND
        cause = cause.__cause__ or cause.__context__
    return Failure.NO_CONNECTION
