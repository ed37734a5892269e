"""The visitor's side of web chat: the script, a visitor's session, their messages, and a site to try it on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from functools import cache
from importlib import resources
from threading import Lock
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from bandeja.channels.models import Account
from bandeja.channels.webchat import visitor
from bandeja.channels.webchat.appearance import Appearance
from bandeja.intake.limits import Rate
from bandeja.widget import history
from bandeja.widget.cross_site import Refused, bearer, connected, to_any_site

DIGITS = re.compile("[0-9]{1,19}")
LARGEST_ID = 2**63 - 1
TOKEN_LENGTH = 200
NEW_VISITORS = Rate(burst=100, period=5.0)
"""By address: an office or a phone network shares one, so a hundred at once, then one every five seconds."""
_meeting = Lock()


@cache
def source() -> bytes:
    """The script as it is served: without indentation and comment lines, which only its authors need."""
    text = resources.files("bandeja.widget").joinpath("script/widget.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(source()).hexdigest()[:16]}"'


@require_safe
@gzip_page
@condition(etag_func=_etag)
def script(request: HttpRequest) -> HttpResponse:
    """`/widget.js`, for a `<script>` line on any site."""
    response = HttpResponse(source(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300, stale-while-revalidate=86400"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@to_any_site("POST")
def session(request: HttpRequest, account: Account) -> dict[str, Any]:
    """The token in the body again when it is this account's, else a new visitor's; and how the chat looks.

    The token is the whole body, as plain text: with a header, every page view would cost a preflight too.
    """
    token = request.read(TOKEN_LENGTH).decode(errors="replace")
    name = visitor.read(token, account.external_id)
    if name is None:
        _meet(request.META.get("REMOTE_ADDR", ""))
        name, token = visitor.make(account.external_id)
    return {"visitor": name, "token": token, "name": account.name, **asdict(Appearance.of(account))}


def _meet(address: str) -> None:
    """A visitor may write only so fast, and an address be only so many visitors: else the first means little."""
    with _meeting:
        wait = NEW_VISITORS.wait(address)
    if wait:
        raise Refused(429, "too_many_visitors", "Too many new visitors come from this address. Try again later.")


@to_any_site("GET")
def messages(request: HttpRequest, account: Account) -> dict[str, Any]:
    """The visitor's own conversation, from the message `after` on."""
    name = bearer(request, account)
    after = request.GET.get("after") or "0"
    if not DIGITS.fullmatch(after) or int(after) > LARGEST_ID:
        raise Refused(400, "bad_after", "after must be the id of a message.")
    return asdict(history.since(account, name, int(after)))


@require_safe
def sample(request: HttpRequest, external_id: str) -> HttpResponse:
    """A shop's page with the one line in it, where a newcomer plays the visitor."""
    try:
        account = connected(external_id)
    except Refused as refused:
        raise Http404(str(refused)) from refused
    with translation.override(Appearance.of(account).language or account.workspace.language):
        return render(request, "widget/sample.html", {"account": account})
