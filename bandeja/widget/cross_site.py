"""Answering pages of other sites: JSON only, no cookies, and a sentence with every refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.webchat import visitor


class Refused(Exception):
    """What a page is not given, and why: a status, a word for programs, a sentence for people."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.error = status, error


Answer = Callable[..., dict[str, Any]]
View = Callable[..., HttpResponse]


def to_any_site(method: str) -> Callable[[Answer], View]:
    """Make a view of a function that answers a dictionary, open by `method` to pages of any site.

    Nothing here trusts a cookie, so forgery of one gains nothing: the visitor's token decides.
    """

    def decorate(answer: Answer) -> View:
        @csrf_exempt
        @wraps(answer)
        def view(request: HttpRequest, external_id: str) -> HttpResponse:
            if request.method == "OPTIONS":
                return _preflight(method)
            try:
                response = JsonResponse(_answer(answer, method, request, external_id))
            except Refused as refused:
                response = JsonResponse({"error": refused.error, "detail": str(refused)}, status=refused.status)
            response["Access-Control-Allow-Origin"] = "*"
            response["Cache-Control"] = "no-store"
            return response

        return view

    return decorate


def _answer(answer: Answer, method: str, request: HttpRequest, external_id: str) -> dict[str, Any]:
    if request.method != method:
        raise Refused(405, "wrong_method", f"Ask with {method}.")
    return answer(request, connected(external_id))


def connected(external_id: str) -> Account:
    """The connected web chat with this public key; raises Refused."""
    account = Account.objects.filter(
        channel=ChannelKey.WEBCHAT, external_id=external_id, disconnected_at=None
    ).first()
    if account is None:
        raise Refused(404, "no_account", "There is no connected account at this address.")
    return account


def bearer(request: HttpRequest, account: Account) -> str:
    """The visitor whose token the request carries; raises Refused."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(401, "no_token", "Send the token as the header 'Authorization: Bearer <token>'.")
    name = visitor.read(token.strip(), account.external_id)
    if name is None:
        raise Refused(403, "bad_token", "This token does not belong to this account.")
    return name


def _preflight(method: str) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = method
    response["Access-Control-Allow-Headers"] = "authorization, content-type"
    response["Access-Control-Max-Age"] = "86400"
    return response
