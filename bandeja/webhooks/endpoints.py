"""What people do to webhooks: add, change, give a new secret, disable, enable, remove, test, and send again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bandeja import seal
from bandeja.conversations.models import Event, EventKind
from bandeja.conversations.sql import run, statement
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace
from bandeja.webhooks import signing
from bandeja.webhooks.bell import ring
from bandeja.webhooks.models import Delivery, DeliveryState, Webhook, WebhookMessage, Why

EVENTS: Sequence[str] = EventKind.values
"""What a webhook may be told of; docs/webhooks.md has an example of each."""
TEST = "webhook_test"
OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs too."""
MOST = 50
"""Webhooks of a workspace: each is told of everything it wants, once more."""
AT_A_TIME = 10_000
"""Failed deliveries that are sent again at once, the oldest first."""

AGAIN = statement("bandeja.webhooks", "again")


class TooMany(ValueError):
    """A workspace has as many webhooks as it may."""


def of_workspace(workspace: Workspace) -> QuerySet[Webhook]:
    """Those that are there, by name."""
    return Webhook.objects.filter(workspace=workspace, deleted_at=None).order_by("name", "pk")


def given_up(workspace: Workspace) -> QuerySet[Webhook]:
    """Those that were disabled by themselves, and wait for somebody."""
    return of_workspace(workspace).filter(disabled_why__in=[Why.FAILING, Why.GONE])


def add(workspace: Workspace, *, name: str, url: str, events: Sequence[str], by: Agent) -> tuple[Webhook, str]:
    """Tell this address of what happens from here on; answers its secret too, which is never told again.

    Raises TooMany.
    """
    secret = signing.new_secret()
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if of_workspace(workspace).count() >= MOST:
            raise TooMany
        webhook = Webhook.objects.create(
            workspace=workspace,
            name=name,
            url=url,
            events=sorted(events),
            secret=seal.seal(secret),
            after_number=_latest(),
        )
        _record(webhook, Action.CREATED, by, after=_facts(webhook))
    return webhook, secret


def change(webhook_id: int, *, name: str, url: str, events: Sequence[str], by: Agent) -> Webhook:
    """Write down what was changed. What waits goes to the new address. Raises Webhook.DoesNotExist."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        before = _facts(webhook)
        if url != webhook.url:
            webhook.look_at, webhook.failures = database_now(), 0
        webhook.name, webhook.url, webhook.events = name, url, sorted(events)
        webhook.save(update_fields=["name", "url", "events", "look_at", "failures"])
        _record(webhook, Action.CHANGED, by, before=before, after=_facts(webhook))
    ring()
    return webhook


def rotate(webhook_id: int, *, by: Agent, at: datetime | None = None) -> str:
    """Give it a new secret, which is answered and never told again; the one before signs too for OVERLAP."""
    secret = signing.new_secret()
    with transaction.atomic():
        webhook = _held(webhook_id)
        webhook.old_secret, webhook.old_until = webhook.secret, (at or database_now()) + OVERLAP
        webhook.secret = seal.seal(secret)
        webhook.save(update_fields=["secret", "old_secret", "old_until"])
        _record(webhook, Action.TOKEN_RENEWED, by)
    return secret


def disable(webhook_id: int, *, by: Agent) -> bool:
    """Tell it nothing for now; what waits is kept, what happens meanwhile is not. Answers whether it was enabled."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        if webhook.disabled_at:
            return False
        webhook.disabled_at, webhook.disabled_why = database_now(), Why.PERSON
        webhook.save(update_fields=["disabled_at", "disabled_why"])
        _record(webhook, Action.DEACTIVATED, by)
    return True


def enable(webhook_id: int, *, by: Agent) -> bool:
    """Tell it what waits, and of what happens from here on. Answers whether it was disabled."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        if not webhook.disabled_at:
            return False
        now = database_now()
        webhook.disabled_at, webhook.disabled_why = None, ""
        webhook.failing_since, webhook.failures = None, 0
        webhook.look_at = webhook.enabled_at = now
        webhook.notice_at, webhook.after_number = None, _latest()
        webhook.save(
            update_fields=[
                "disabled_at", "disabled_why", "failing_since", "failures", "look_at", "enabled_at", "notice_at",
                "after_number",
            ]
        )  # fmt: skip
        _record(webhook, Action.REACTIVATED, by)
    ring()
    return True


def remove(webhook_id: int, *, by: Agent) -> None:
    """Forget it; its log goes bit by bit (`prune`). Raises Webhook.DoesNotExist."""
    with transaction.atomic():
        webhook = _held(webhook_id)
        webhook.deleted_at = database_now()
        webhook.secret = webhook.old_secret = ""
        webhook.save(update_fields=["deleted_at", "secret", "old_secret"])
        _record(webhook, Action.DELETED, by, before=_facts(webhook))


def test(webhook: Webhook) -> int:
    """Send it a message that tells of nothing, even where it is disabled; answers the message's id."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select nextval('event_number')")
            number = int(cursor.fetchone()[0])
        now = database_now()
        data = {"number": number, "webhook": {"id": webhook.pk, "name": webhook.name}}
        body = json.dumps({"type": TEST, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)
        WebhookMessage.objects.create(id=number, workspace_id=webhook.workspace_id, kind=TEST, body=body)
        Delivery.objects.create(webhook=webhook, message_id=number, look_at=now)
    ring()
    return number


def again(webhook_id: int, *, message_id: int | None = None) -> int:
    """Send once more what has failed, or this one whatever became of it; answers how many will be.

    In order behind what waits in the same conversations, under the same ids, and with all tries before it again.
    """
    with transaction.atomic():
        webhook = _held(webhook_id)
        webhook.look_at = database_now()
        webhook.save(update_fields=["look_at"])
        with run(AGAIN, {"webhook": webhook_id, "message": message_id, "limit": AT_A_TIME}) as found:
            count = int(found.rowcount)
    ring()
    return count


def failed(webhook: Webhook) -> QuerySet[Delivery]:
    """What was given up."""
    return Delivery.objects.filter(webhook=webhook, state=DeliveryState.FAILED)


def _held(webhook_id: int) -> Webhook:
    """Alone with it: neither is a delivery made for it meanwhile, nor one settled."""
    return Webhook.objects.select_for_update(no_key=True).get(pk=webhook_id, deleted_at=None)


def _latest() -> int:
    return (
        Event.objects.filter(number__isnull=False).order_by("-number").values_list("number", flat=True).first() or 0
    )


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {"name": webhook.name, "url": webhook.url, "events": list(webhook.events)}


def _record(webhook: Webhook, action: Action, by: Agent, **more: Any) -> None:
    audit.record(
        Subject.WEBHOOK, webhook, action, workspace_id=webhook.workspace_id, name=webhook.name, by=by, **more
    )
