"""What the API says when it does not do a thing: `application/problem+json` (RFC 9457), with a sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from bandeja.api import refusals
from bandeja.conversations.models import Contact, Conversation

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal: its status, and a sentence that says what is wrong and what was kept.

    `errors` are what is wrong field by field; `headers` go with the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.errors, self.headers = status, errors, dict(headers or {})


def unfit(errors: Sequence[tuple[str, str]]) -> Problem:
    """What was sent breaks the rules: each field with its sentence."""
    return Problem(422, " ".join(f"{field}: {said}" for field, said in errors), errors=errors)


def answer(
    status: int, detail: str, *, errors: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The refusal as it is sent."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    body["detail"] = detail
    if errors:
        body["errors"] = [{"field": field, "detail": said} for field, said in errors]
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def of(problem: Problem) -> HttpResponse:
    return answer(problem.status, str(problem), errors=problem.errors, headers=problem.headers)


def stranger() -> HttpResponse:
    """Whoever has no token in force."""
    return answer(401, _("Send a token in force as the header “Authorization: Bearer <token>”."))


def missing() -> HttpResponse:
    """What is not there, and what is out of reach: they are told alike."""
    return answer(404, _("There is no such thing here."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is refused before anybody looks where it goes, such as a host that is not ours: programs get a problem."""
    if request.path.startswith("/api/"):
        return answer(400, _("This is no request to this Bandeja. Look at its address and its headers."))
    return defaults.bad_request(request, exception)


def tell_problems(api: NinjaAPI) -> None:
    """Make every refusal of this API a problem."""

    @api.exception_handler(Problem)
    def _problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
        return of(problem)

    @api.exception_handler(AuthenticationError)
    def _stranger(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        return stranger()

    @api.exception_handler(Http404)
    @api.exception_handler(Conversation.DoesNotExist)
    @api.exception_handler(Contact.DoesNotExist)
    def _missing(_request: HttpRequest, _error: Exception) -> HttpResponse:
        return missing()

    @api.exception_handler(ValidationError)
    def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        return of(unfit([refusals.told(wrong) for wrong in error.errors]))

    @api.exception_handler(HttpError)
    def _unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(error.status_code, str(error))

    @api.exception_handler(Exception)
    def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        return broken()


def broken() -> HttpResponse:
    return answer(500, _("Something went wrong on our side. Look whether it was done before you send it again."))
