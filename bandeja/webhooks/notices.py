"""Writing to a workspace's administrators that a webhook was disabled by itself.

A turn is a lease that is committed before anything is sent, as with digests: killed in between, once more.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from bandeja.conversations.sql import run
from bandeja.people.models import Agent, Permission
from bandeja.webhooks.models import Webhook

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
MOST_TRIES = 3

CLAIM = """
    update webhook set
        notice_at = case when notice_tries + 1 < %(tries)s then bandeja_now() + %(lease)s end,
        notice_tries = notice_tries + 1
    where id = any(array(
        select id from webhook where notice_at <= bandeja_now() order by notice_at limit 10 for update skip locked
    ))
    returning id
"""


def step() -> int:
    """Write what is due; answers how many turns were taken. Without a mail server the screens alone tell it."""
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return 0
    with run(CLAIM, {"lease": LEASE, "tries": MOST_TRIES}) as found:
        claimed = [pk for (pk,) in found.fetchall()]
    for webhook in Webhook.objects.filter(pk__in=claimed).select_related("workspace"):
        if webhook.disabled_at is None or webhook.deleted_at or _told(webhook):
            Webhook.objects.filter(pk=webhook.pk, disabled_at=webhook.disabled_at).update(notice_at=None)
    return len(claimed)


def _told(webhook: Webhook) -> bool:
    try:
        for agent in Agent.objects.filter(workspace=webhook.workspace, is_active=True).select_related("role"):
            if agent.may(Permission.MANAGE_WEBHOOKS):
                _write(webhook, agent)
    except OSError as error:  # smtplib's own exceptions are OSErrors too
        log.warning("notice not sent", extra={"webhook": webhook.pk, "error": str(error)})
        return False
    return True


def _write(webhook: Webhook, agent: Agent) -> None:
    with translation.override(agent.language or webhook.workspace.language):
        subject = _("The webhook “%(name)s” was disabled") % {"name": webhook.name}
        url = f"{settings.PUBLIC_URL.geturl().rstrip('/')}/settings/webhooks/{webhook.pk}"
        context = {"webhook": webhook, "agent": agent, "url": url}
        send_mail(subject, render_to_string("webhooks/notice.txt", context), None, [agent.email])
