"""The organisation's own sign-in: allauth's two views, and a page for when the provider does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from allauth.socialaccount.providers.openid_connect import views as oidc
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def _tolerant(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except (RequestException, KeyError, ValueError) as error:  # away, or what it says of itself lacks something
            log.warning("the organisation's sign-in failed", extra={"error": str(error)})
            return render(request, "people/sso_failed.html", status=502)

    return answer


login = _tolerant(oidc.login)
callback = _tolerant(oidc.callback)
