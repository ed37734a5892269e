"""Where somebody is signed in, and how that ends: at once, with every stream that was open there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from bandeja.people.models import Agent

OUT_BELL = "bandeja_out"
"""The NOTIFY channel of agents some of whose sessions ended: a JSON list of their ids."""
After = Callable[[Agent], object]
_afterwards: list[After] = []
SEEN_EVERY = 300
"""Seconds; `last_seen_at` is no more exact than this, so that a page rarely costs a write."""


def afterwards(act: After) -> None:
    """Have this done whenever sessions of an agent were ended, in the same transaction."""
    _afterwards.append(act)


def of(agent: Agent) -> list[UserSession]:
    """Where they are signed in, the latest seen first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(UserSession.objects.filter(user=agent, session_key__in=alive).order_by("-last_seen_at", "-pk"))


def end(agent: Agent, *, only: int | None = None, but: str | None = None) -> int:
    """End an agent's sessions: all, the one with the id `only`, or all but the one with the key `but`.

    Answers how many. Open streams end when the transaction commits.
    """
    with transaction.atomic():
        ending = UserSession.objects.select_for_update().filter(user=agent)
        if only is not None:
            ending = ending.filter(pk=only)
        keys = [key for key in ending.order_by("pk").values_list("session_key", flat=True) if key != but]
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
        for act in _afterwards:
            act(agent)
        ring_out([agent.pk])
    return len(keys)


def left(agent: Agent, key: str | None) -> None:
    """They signed out of the session with this key themselves: it is gone, and its streams end."""
    with transaction.atomic():
        UserSession.objects.filter(user=agent, session_key=key).delete()
        ring_out([agent.pk])


def rename(old: str | None, new: str | None) -> None:
    """A session that goes on by another key, as it does after a new password, is still the same place."""
    UserSession.objects.filter(session_key=old).update(session_key=new)


def ring_out(agent_ids: Iterable[int]) -> None:
    """Have the streams of these agents look, at commit, whether they may still be open."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [OUT_BELL, json.dumps(list(agent_ids))])


class SeenMiddleware:
    """Notes that a session is in use, and from where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie nobody is signed in: visitors of a web chat cost no look at the session.
        agent = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if isinstance(agent, Agent) and cache.add(f"seen:{request.session.session_key}", 1, SEEN_EVERY):
            UserSession.objects.create_from_request(request)
        return self._get_response(request)
