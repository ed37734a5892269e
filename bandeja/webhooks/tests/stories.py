"""Short ways through a webhook's life, for the tests of all its parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from bandeja.conversations import events
from bandeja.people.models import Agent
from bandeja.webhooks import dispatch, endpoints
from bandeja.webhooks.lane import Lane
from bandeja.webhooks.models import Delivery, Webhook


def make_webhook(by: Agent, url: str, kinds: Sequence[str] = endpoints.EVENTS, name: str = "CRM") -> Webhook:
    """One that is told of all kinds, unless some are named."""
    publish()
    return endpoints.add(by.workspace, name=name, url=url, events=kinds, by=by)[0]


def publish() -> None:
    """Number what has happened."""
    while events.publish():
        pass


def dispatched() -> None:
    """Make deliveries of all that has happened."""
    publish()
    while dispatch.step():
        pass


def delivered(lane: Lane | None = None) -> None:
    """All that has happened, as far as it goes out at once."""
    dispatched()
    run(lane or Lane())


def run(lane: Lane) -> None:
    """As the worker does: until nothing is due and nothing under way."""
    while (outcome := lane.step()).count or outcome.next_in is not None:
        pass


def later(**time: float) -> None:
    """So much time goes by for everything about webhooks."""
    moved = {
        "webhook": ("look_at", "failing_since", "enabled_at", "old_until", "notice_at"),
        "webhook_delivery": ("look_at", "first_at"),
        "webhook_message": ("created_at",),
    }
    with connection.cursor() as cursor:
        for table, columns in moved.items():
            for column in columns:
                cursor.execute(
                    f"update {table} set {column} = {column} - make_interval(secs => %s)",
                    [timedelta(**time).total_seconds()],
                )


def states(webhook: Webhook) -> list[str]:
    """How its deliveries stand, the oldest first."""
    return list(Delivery.objects.filter(webhook=webhook).order_by("message_id").values_list("state", flat=True))
