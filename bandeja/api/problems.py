"""What the API says when it does not do a thing: `application/problem+json` (RFC 9457), with a sentence."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError


class Problem(Exception):
    """A refusal: its status, and a sentence that says what is wrong and what was kept."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def answer(status: int, detail: str) -> HttpResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def tell_problems(api: NinjaAPI) -> None:
    """Make every refusal of this API a problem."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:  # noqa: ARG001
        return answer(problem.status, str(problem))

    @api.exception_handler(AuthenticationError)
    def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
        detail = "Send the token of a connected API account as the header 'Authorization: Bearer <token>'."
        return answer(401, detail)

    @api.exception_handler(Http404)
    def _missing(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
        return answer(404, "There is no such conversation on this account.")

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
        return answer(422, " ".join(_sentence(wrong) for wrong in error.errors))

    @api.exception_handler(HttpError)
    def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
        return answer(error.status_code, str(error))


def _sentence(wrong: dict[str, object]) -> str:
    where = wrong["loc"]
    names = [str(part) for part in where] if isinstance(where, (list, tuple)) else []
    return f"{names[-1] if names else 'body'}: {wrong['msg']}."
