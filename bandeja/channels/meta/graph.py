"""Calling Meta's Graph API: one client for the process, no automatic retry, and failures told apart by their kind."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import httpx

from bandeja import environment
from bandeja.channels.meta import faults
from bandeja.channels.sending import Fault, NotReached, Refused, Unanswered

log = logging.getLogger(__name__)

Answer = Mapping[str, Any]
Params = Mapping[str, str | int]

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes read of an answer: a page of templates is a few hundred kilobytes."""
MOST_PAGES = 500
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Failures before the first byte of a request is written."""


_making = threading.Lock()


def client() -> httpx.Client:
    """The process's own connections to Graph; threads that ask for them first at once are given the same."""
    with _making:
        return _client()


@cache
def _client() -> httpx.Client:
    seconds = float(environment.GRAPH_TIMEOUT.value())
    return httpx.Client(
        timeout=httpx.Timeout(seconds, connect=min(seconds, 5.0), pool=min(seconds, 5.0)),
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        headers={"User-Agent": "bandeja"},
        follow_redirects=False,
    )


@dataclass(frozen=True, slots=True)
class Graph:
    """Graph as the holder of one token sees it; `base` is the host with the version, `pace` waits before each call.

    Every call raises Refused when Graph says no, NotReached when nothing of it left, and Unanswered when it left and
    nothing came back that tells what became of it: no answer in time, a broken one, HTML, or a server's error. For a
    call that only asks, or that may be repeated, both mean "try again later"; for a message they do not.
    """

    base: str
    token: str = field(repr=False)
    pace: Callable[[], None] = field(default=lambda: None, repr=False)

    def get(self, path: str, **params: str | int) -> Answer:
        """Ask."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Answer | None = None, **params: str | int) -> Answer:
        """Do, with a JSON body."""
        return self._call("POST", path, params=params, body=body)

    def delete(self, path: str, **params: str | int) -> Answer:
        """Undo."""
        return self._call("DELETE", path, params=params)

    def upload(self, path: str, fields: Mapping[str, str], part: str, file: tuple[str, BinaryIO, str]) -> Answer:
        """Hand over a file (name, bytes, MIME type) as the multipart field `part`.

        A file that no message names does no harm: an unanswered upload is Refused as transient, to be tried again.
        """
        try:
            return self._call("POST", path, params={}, data=fields, files={part: file})
        except Unanswered as error:
            raise Refused(Fault.TRANSIENT, text="unanswered", wait=faults.TRANSIENT.wait) from error

    def pages(self, path: str, **params: str | int) -> Iterator[Answer]:
        """The items of a list, page after page until Graph names no next one."""
        asked: Params = params
        for _ in range(MOST_PAGES):
            answer = self.get(path, **asked)
            yield from items(answer)
            following = {**params, **named} if (named := next_page(answer)) else asked
            if following == asked:
                return
            asked = following
        raise Unanswered("Graph's list has no end.")

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Params,
        body: Answer | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, BinaryIO, str]] | None = None,
    ) -> Answer:
        status, headers, content = self._exchange(method, path, params=params, json=body, data=data, files=files)
        answer = _read(content)
        error = answer.get("error") if answer else None
        trace = error.get("fbtrace_id") if isinstance(error, Mapping) else None
        facts = {"path": path, "status": status, "fbtrace_id": trace, "request_id": headers.get("x-fb-request-id")}
        if isinstance(error, Mapping):
            log.warning("graph refused", extra={**facts, "code": error.get("code")})
            raise _refusal(error, status, headers)
        if answer is None or not 200 <= status <= 299:
            log.warning("graph did not answer", extra=facts)
            if status == 429:
                raise Refused(Fault.THROTTLED, text="HTTP 429", wait=_wait(headers) or faults.BUSY.wait)
            raise Unanswered(f"Graph answered {status} and nothing that can be read.")
        log.debug("graph answered", extra=facts)
        return answer

    def _exchange(self, method: str, path: str, **request: Any) -> tuple[int, httpx.Headers, bytes]:
        if not (self.token.isascii() and self.token.isprintable() and self.token.strip()):
            raise Refused(Fault.TOKEN, text=faults.NO_TOKEN)
        headers = {"Authorization": f"Bearer {self.token.strip()}"}
        url = f"{self.base}/{path.lstrip('/')}"
        self.pace()
        try:
            with client().stream(method, url, headers=headers, **_given(request)) as response:
                return response.status_code, response.headers, _body(response)
        except NEVER_LEFT as error:
            raise NotReached(f"Graph could not be reached: {type(error).__name__}.") from error
        except httpx.HTTPError as error:
            raise Unanswered(f"Graph did not answer: {type(error).__name__}.") from error


def facebook(token: str, override: str = "") -> Graph:
    """Graph for WhatsApp and pages; `override` is the host of the app's stand-in, if it lives on one."""
    return Graph(_base(override or environment.GRAPH_URL.value()), token)


def instagram(token: str, override: str = "") -> Graph:
    """Graph for accounts connected with Instagram's own login."""
    return Graph(_base(override or environment.INSTAGRAM_GRAPH_URL.value()), token)


def items(answer: Answer) -> list[Answer]:
    """The objects of a list that Graph answered."""
    data = answer.get("data")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def told_id(answer: Answer, name: str) -> str:
    """The id that an answer to an upload gives. Raises Refused, to be tried again, when there is none."""
    if not answer.get(name):
        raise Refused(Fault.TRANSIENT, text="no id", wait=faults.TRANSIENT.wait)
    return str(answer[name])


def next_page(answer: Answer) -> dict[str, str]:
    """What to ask for the page after this one; empty when it is the last.

    Graph names a whole address, with the token in it: only its parameters are believed, the host and path never.
    """
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(following, str):
        return {}
    named = dict(parse_qsl(urlsplit(following).query))
    named.pop("access_token", None)
    return named


def _base(host: str) -> str:
    return f"{host.rstrip('/')}/{environment.GRAPH_VERSION.value()}"


def _given(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if value}


def _body(response: httpx.Response) -> bytes:
    """At most ANSWER_LIMIT bytes, read within the timeout as a whole: a trickle would never end otherwise."""
    until = time.monotonic() + environment.GRAPH_TIMEOUT.value()
    read = bytearray()
    for piece in response.iter_bytes():
        read += piece
        if len(read) > ANSWER_LIMIT:
            raise Unanswered("Graph's answer is too large.")
        if time.monotonic() > until:
            raise Unanswered("Graph's answer came too slowly.")
    return bytes(read)


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _refusal(error: Answer, status: int, headers: httpx.Headers) -> Exception:
    """A server's error that may come after the deed is no refusal (meta.md E7)."""
    code, subcode = faults.whole(error.get("code")), faults.whole(error.get("error_subcode"))
    if status >= 500 and not faults.meaning(code, subcode, status=status).sure:
        return Unanswered(f"Graph answered {status} with code {code}.")
    return faults.refusal(error, status=status, wait=_wait(headers))


def _wait(headers: httpx.Headers) -> timedelta | None:
    """The pause that an answer asks for: the longer of its two headers; None when it names none (meta.md A8)."""
    seconds = faults.whole(headers.get("Retry-After", "").strip()) or 0
    seconds = max(seconds, 60 * _minutes(headers.get("X-Business-Use-Case-Usage", "")))
    return timedelta(seconds=min(seconds, 86_400)) if seconds else None


def _minutes(usage: str) -> int:
    named = _read(usage.encode()) or {}
    cases = [case for each in named.values() if isinstance(each, list) for case in each if isinstance(case, dict)]
    return max((faults.whole(case.get("estimated_time_to_regain_access")) or 0 for case in cases), default=0)
