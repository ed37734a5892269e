"""Who is signed in, as every request asks for them: once, with what its page says of them."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Func
from django.http import HttpRequest

from bandeja.people.models import Agent, BandejaNow
from bandeja.people.presence import with_state


class ClockTimestamp(Func):
    """The database's clock in earnest, which no test moves: for what is compared with when something was heard."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class SignedIn(AuthenticationBackend):
    """As allauth signs people in; each comes with their `state`, and with when they were asked for.

    That was before anything else was read: `asked_at` by the database's clock in earnest, `now` by `bandeja_now()`.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Agent | None:
        """Nobody is asked after this one: allauth's own is listed only for sessions that began with it."""
        agent: Agent | None = super().authenticate(request, **credentials)
        if agent is None:
            raise PermissionDenied
        return agent

    def get_user(self, user_id: int) -> Agent | None:
        found = with_state(Agent.objects.filter(pk=user_id, is_active=True))
        return found.annotate(asked_at=ClockTimestamp(), now=BandejaNow()).first()
