"""What holds for every request to the API: who asks, in which language, how often, how much, whether it was asked
before; and on the way back problems, ETags and what is left of the allowance.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cached_property
from typing import cast

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from bandeja import environment
from bandeja.api import callers, etags, strict
from bandeja.api.access import ApiRequest
from bandeja.api.callers import Caller
from bandeja.api.once import once
from bandeja.api.problems import MEDIA_TYPE, answer, broken, missing, stranger
from bandeja.api.rate import Allowance, Counter

log = logging.getLogger(__name__)

ROOT = "/api/v1/"
DOCUMENT = f"{ROOT}openapi.json"
"""What strangers may read."""
LARGEST = 1024 * 1024
"""Bytes of a body: no request of ours is nearly as long."""
WITH_BODY = {"POST", "PUT", "PATCH"}


class Frame:
    """The middleware; what is not the API's it passes by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    @cached_property
    def _counter(self) -> Counter:
        return Counter(environment.API_RATE.value())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT):
            return self._next(request)
        asked = cast("ApiRequest", request)
        try:
            asked.caller = caller = callers.find(request)
        except DatabaseError:
            log.exception("%s %s: no database", request.method, request.path)
            return answer(503, _("The database does not answer. Nothing was done; try again later."))
        _speak(request, caller)
        allowance = self._counted(request, caller)
        try:
            response = self._respond(asked, caller, allowance)
        except Exception:
            # What the views raise was told by then: this is the commit, or what is read and kept around it.
            log.exception("%s %s failed", request.method, request.path)
            response = broken()
        response = _dressed(asked, response)
        for name, value in (allowance.headers() if allowance else {}).items():
            response[name] = value
        return response

    def _counted(self, request: HttpRequest, caller: Caller | None) -> Allowance | None:
        """What is left to a token; strangers read the document, from each address as often."""
        if caller is None and request.path != DOCUMENT:
            return None
        return self._counter.take(caller.key if caller else f"from-{request.META.get('REMOTE_ADDR', '')}")

    def _respond(self, request: ApiRequest, caller: Caller | None, allowance: Allowance | None) -> HttpResponse:
        if caller is None and request.path != DOCUMENT:
            return stranger()
        if allowance and allowance.refused:
            return answer(429, _("Too many requests for now. Wait as many seconds as Retry-After says."))
        if refused := _read(request, caller):
            return refused
        if request.method in WITH_BODY and caller and "Idempotency-Key" in request.headers:
            return once(request, caller, self._next)
        return self._next(request)


def _speak(request: HttpRequest, caller: Caller | None) -> None:
    """In the language the request asks for, else its person's, else the workspace's."""
    if caller and not request.headers.get("Accept-Language"):
        translation.activate(caller.language)
        request.LANGUAGE_CODE = translation.get_language() or caller.language


def _read(request: ApiRequest, caller: Caller | None) -> HttpResponse | None:
    """Parse what was sent; the refusal where it cannot be taken. An account's program may leave its type unsaid."""
    request.parsed = None
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > LARGEST:
        return answer(413, _("A body may have at most %(most)s bytes.") % {"most": LARGEST})
    if not length and request.headers.get("Transfer-Encoding"):
        return answer(411, _("Say how long the body is with Content-Length."))
    if request.method not in WITH_BODY or not request.body:
        return None
    of_account = caller is not None and caller.account is not None
    if request.content_type != "application/json" and not of_account:
        return answer(415, _("Send the body as application/json."))
    try:
        request.parsed = strict.loads(request.body)
    except strict.NotJson:
        return answer(400, _("The body is not JSON that everybody reads alike: UTF-8, each name once, no NaN."))
    return None


def _dressed(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    """A problem where a page would come, an ETag where none is, 304 where it is known."""
    patch_vary_headers(response, ["Authorization", "Accept-Language"])
    if response.status_code >= 400:
        return _as_problem(request, response)
    response.setdefault("Cache-Control", "private, no-cache")
    if request.method != "GET" or response.streaming or response.status_code != 200:
        return response
    response.setdefault("ETag", f'"{hashlib.sha256(response.content).hexdigest()[:32]}"')
    if etags.names(request.headers.get("If-None-Match", ""), response["ETag"]):
        return HttpResponse(status=304, headers={name: response[name] for name in ("ETag", "Cache-Control", "Vary")})
    return response


def _as_problem(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    if response.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    if response.status_code == 405:
        said = _("%(method)s is not possible here.") % {"method": request.method}
        return answer(405, said, headers={"Allow": response["Allow"]})
    if response.status_code == 404:
        return missing()
    if response.status_code >= 500:
        log.error("%s %s failed", request.method, request.path)
        return broken()
    return answer(response.status_code, _("It cannot be done."))
