"""Forgetting sessions that ran out: every sign-in leaves one, and so does a stranger who only begins to."""

from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone

BATCH = 1_000
SURE = timedelta(days=1)
"""A session and where it is are not written at once; after so long they have been."""


def step() -> int:
    """Delete one small batch of each; answers how many went."""
    now = timezone.now()
    expired = Session.objects.filter(expire_date__lt=now).order_by("expire_date").values("pk")[:BATCH]
    gone, _by_table = Session.objects.filter(pk__in=expired).delete()
    session = Session.objects.filter(session_key=OuterRef("session_key"))
    places = UserSession.objects.filter(~Exists(session), last_seen_at__lt=now - SURE).order_by("pk").values("pk")
    left = list(places.values_list("pk", flat=True)[:BATCH])
    UserSession.objects.filter(pk__in=left).delete()
    return gone + len(left)
