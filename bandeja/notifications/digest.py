"""The e-mail about what waits: when the next is due, and the step that sends those that are.

A turn is claimed with a lease that is committed before the mail is sent: whoever is killed in between lets it be sent
once more, when the lease runs out, and then the turn is over.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import ngettext

from bandeja.conversations.models import Conversation, Status
from bandeja.conversations.sql import run
from bandeja.notifications.models import Digest, Preference
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Workspace

log = logging.getLogger(__name__)

MORNING = 8
"""The hour of the workspace at which a day's mail is due."""
LEASE = timedelta(minutes=10)
MOST_TRIES = 2
BATCH = 20
NAMED = 10
"""Conversations that a mail names; the rest are counted."""

CLAIM = """
    update notification_preference set digest_at = bandeja_now() + %(lease)s, digest_tries = digest_tries + 1
    where agent_id = any(array(
        select agent_id from notification_preference
        where digest_at <= bandeja_now() order by digest_at limit %(limit)s for update skip locked
    ))
    returning agent_id
"""


def due(frequency: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next mail is due after `now`; None for never."""
    if frequency == Digest.HOURLY:
        return now + timedelta(hours=1)
    if frequency == Digest.NEVER:
        return None
    morning = now.astimezone(zone).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return morning if morning > now else morning + timedelta(days=1)


def schedule(chosen: Preference, workspace: Workspace) -> None:
    """Save what was chosen, with when the next mail is due."""
    chosen.digest_at = due(chosen.digest, database_now(), ZoneInfo(workspace.time_zone))
    chosen.digest_tries = 0
    chosen.save()


def step() -> int:
    """Send what is due; answers how many turns were taken. Without a mail server nothing is due."""
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return 0
    with run(CLAIM, {"lease": LEASE, "limit": BATCH}) as cursor:
        claimed = [agent_id for (agent_id,) in cursor.fetchall()]
    for chosen in Preference.objects.filter(pk__in=claimed).select_related("agent__workspace"):
        _take_turn(chosen)
    return len(claimed)


def _take_turn(chosen: Preference) -> None:
    """A mail that could not be sent is tried once more when the lease has run out."""
    if chosen.agent.is_active and chosen.digest_tries <= MOST_TRIES:
        try:
            _send(chosen.agent)
        except OSError as error:  # smtplib's own exceptions are OSErrors too
            log.warning("digest not sent", extra={"agent": chosen.pk, "error": str(error)})
            return
    next_at = due(chosen.digest, database_now(), ZoneInfo(chosen.agent.workspace.time_zone))
    # Only the turn that was claimed: what they chose meanwhile stands.
    turn = Preference.objects.filter(pk=chosen.pk, digest_at=chosen.digest_at)
    turn.update(digest_at=next_at, digest_tries=0)


def _send(agent: Agent) -> None:
    waiting = Conversation.objects.filter(
        workspace_id=agent.workspace_id, owner=agent, status=Status.OPEN, unread__gt=0, snoozed_at=None
    )
    count = waiting.count()
    if not count:
        return
    language = agent.language or agent.workspace.language
    with translation.override(language), timezone.override(agent.workspace.time_zone):
        said = ngettext("%(n)d conversation waits for you", "%(n)d conversations wait for you", count) % {"n": count}
        context = {
            "agent": agent,
            "said": said,
            "waiting": waiting.select_related("contact", "account").order_by("last_message_at")[:NAMED],
            "more": max(0, count - NAMED),
            "url": settings.PUBLIC_URL.geturl().rstrip("/"),
        }
        send_mail(said, render_to_string("notifications/digest.txt", context), None, [agent.email])
