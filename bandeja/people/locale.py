"""Each agent reads in their language, and in the time zone of their workspace."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from bandeja.people.models import Agent

Answer = Callable[[HttpRequest], HttpResponse]


class AgentLocaleMiddleware:
    """After sign-in the agent's language, else the workspace's, replaces what their browser asked for."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie nobody is signed in: visitors of a web chat cost no look at the session.
        agent = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if not isinstance(agent, Agent):
            return self._get_response(request)
        # Left active: Django's own middleware names it in the answer, and begins every request anew.
        translation.activate(agent.language or agent.workspace.language)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        with timezone.override(ZoneInfo(agent.workspace.time_zone)):
            return self._get_response(request)
