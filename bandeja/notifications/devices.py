"""The browsers that take pushes: one belongs to whoever turned it on last, and none to who signed out on it."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bandeja import environment
from bandeja.notifications.models import Device
from bandeja.notifications.webpush import Signer
from bandeja.people.models import Agent

MOST = 10
"""Of one person; beyond that the oldest goes."""

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


def signer() -> Signer:
    """Us, to push services: with our https address, or the address that our mail comes from."""
    https = settings.PUBLIC_URL.scheme == "https"
    contact = settings.PUBLIC_URL.geturl() if https else f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    return Signer(environment.vapid_key(), contact)


def turn_on(agent: Agent, *, endpoint: str, p256dh: str, auth: str, user_agent: str = "") -> Device:
    """Push to this browser from now on, whoever it told before."""
    given = {"agent": agent, "p256dh": p256dh, "auth": auth, "name": named(user_agent)}
    with transaction.atomic():
        device, _made = Device.objects.update_or_create(endpoint=endpoint, defaults=given)
        oldest = Device.objects.filter(agent=agent).order_by("-created_at", "-pk").values_list("pk", flat=True)[MOST:]
        Device.objects.filter(pk__in=list(oldest)).delete()
    return device


def turn_off(agent: Agent, devices: QuerySet[Device]) -> int:
    """Push to these no more, as far as they are this person's; answers how many."""
    return devices.filter(agent=agent).delete()[0]


def named(user_agent: str) -> str:
    """What a person would call this browser: Chrome · Android."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for name in SYSTEMS if re.search(name, user_agent)), "")
    return " · ".join(filter(None, (browser, system.replace("Mac OS X", "macOS"))))
