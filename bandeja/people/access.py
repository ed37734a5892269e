"""Who may open a page: signed-in agents, or those of them whose role allows something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from bandeja.people.models import Agent

View = Callable[..., HttpResponse]


def for_agents(permission: str = "") -> Callable[[View], View]:
    """Hands a view the signed-in agent after the request; 403 when their role does not allow `permission`."""

    def decorate(view: View) -> View:
        @never_cache
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, **names: Any) -> HttpResponse:
            agent = request.user
            if not isinstance(agent, Agent) or (permission and not agent.may(permission)):
                raise PermissionDenied
            return view(request, agent, **names)

        return guarded

    return decorate
