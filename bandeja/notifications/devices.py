"""The browsers that take pushes: one belongs to whoever turned it on last, and none to who signed out on it.

A session that runs out by itself is no sign-out: its browser is told on, until sessions of its person are ended.
"""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bandeja import environment
from bandeja.notifications.models import Device
from bandeja.notifications.webpush import Signer
from bandeja.people import sessions
from bandeja.people.devices import name
from bandeja.people.models import Agent

MOST = 10
"""Of one person; beyond that the oldest goes."""


def signer() -> Signer:
    """Us, to push services: with our https address, or the address that our mail comes from."""
    https = settings.PUBLIC_URL.scheme == "https"
    contact = settings.PUBLIC_URL.geturl() if https else f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    return Signer(environment.vapid_key(), contact)


def turn_on(
    agent: Agent, *, endpoint: str, p256dh: str, auth: str, user_agent: str = "", key: str | None = ""
) -> Device:
    """Push to this browser from now on, whoever it told before; `key` is that of the session it is signed in by."""
    session = UserSession.objects.filter(user=agent, session_key=key).first()
    given = {"agent": agent, "p256dh": p256dh, "auth": auth, "name": name(user_agent), "session": session}
    with transaction.atomic():
        device, _made = Device.objects.update_or_create(endpoint=endpoint, defaults=given)
        oldest = Device.objects.filter(agent=agent).order_by("-created_at", "-pk").values_list("pk", flat=True)[MOST:]
        Device.objects.filter(pk__in=list(oldest)).delete()
    return device


def turn_off(agent: Agent, devices: QuerySet[Device]) -> int:
    """Push to these no more, as far as they are this person's; answers how many."""
    return devices.filter(agent=agent).delete()[0]


def keep_signed_in(agent: Agent) -> int:
    """Push on only where this person is still signed in, some of their sessions having ended; answers how many went.

    Of a browser whose session ran out before nobody knows in whose hands it is.
    """
    return Device.objects.filter(agent=agent).exclude(session__in=sessions.of(agent)).delete()[0]
