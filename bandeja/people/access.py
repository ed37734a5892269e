"""Who may open a page: signed-in agents, or those of them whose role allows something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from bandeja.people.models import Agent

Answer = TypeVar("Answer", bound=HttpResponseBase)


def for_agents(
    permission: str = "", *, confirmed: bool = False
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Hands a view the signed-in agent after the request; 403 when their role does not allow `permission`.

    What is sensitive is `confirmed`: a POST asks for the password or a code first, unless it was given of late.
    """

    def decorate(view: Callable[..., Answer]) -> Callable[..., Answer]:
        inner = reauthentication_required(allow_get=True)(view) if confirmed else view

        @never_cache
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, **names: Any) -> Answer:
            agent = request.user
            if not isinstance(agent, Agent) or (permission and not agent.may(permission)):
                raise PermissionDenied
            answer: Answer = inner(request, agent, **names)
            return answer

        return guarded

    return decorate
