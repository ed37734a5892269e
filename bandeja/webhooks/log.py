"""The log of a webhook as its page shows it: what was told when, how that went, and each attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bandeja.webhooks import words
from bandeja.webhooks.models import Attempt, Delivery, DeliveryState, Webhook, WebhookMessage
from bandeja.webhooks.outside import Failure

PAGE = 50
MOST_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery, in words. `at` is when it was made, `conversation` where it happened: None for a test."""

    delivery: Delivery
    event: str
    at: datetime
    conversation: int | None

    @property
    def failure(self) -> str:
        return words.failure(self.delivery)


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt, as it can be read."""

    attempt: Attempt
    failure: str

    @property
    def request(self) -> str:
        return _lines(self.attempt.request_headers)

    @property
    def answer(self) -> str:
        return _lines(self.attempt.headers)


def page(webhook: Webhook, *, state: str = "", before: int | None = None) -> tuple[list[Line], int | None]:
    """The newest deliveries in this state (any, when blank) below `before`; and where the next page begins."""
    found = Delivery.objects.filter(webhook=webhook)
    if state in DeliveryState.values:
        found = found.filter(state=state)
    if before:
        found = found.filter(message_id__lt=before)
    rows = list(found.order_by("-message_id")[: PAGE + 1])
    older = rows[PAGE - 1].message_id if len(rows) > PAGE else None
    return _told(rows[:PAGE]), older


def line(delivery: Delivery) -> Line | None:
    """One of them; None when what it told was erased."""
    return next(iter(_told([delivery])), None)


def body(message_id: int) -> str:
    """What is sent, indented to be read."""
    said = WebhookMessage.objects.get(pk=message_id).body
    return json.dumps(json.loads(said), ensure_ascii=False, indent=2)


def attempts(delivery: Delivery) -> list[Told]:
    """Each try, the newest first."""
    found = Attempt.objects.filter(webhook_id=delivery.webhook_id, message_id=delivery.message_id)
    return [
        Told(attempt, str(words.FAILURES[Failure(attempt.failure)]) if attempt.failure else "")
        for attempt in found.order_by("-pk")[:MOST_ATTEMPTS]
    ]


def _told(rows: Sequence[Delivery]) -> list[Line]:
    messages = WebhookMessage.objects.defer("body").in_bulk([row.message_id for row in rows])
    return [
        Line(row, words.event(told.kind), told.created_at, told.conversation_id)
        for row in rows
        if (told := messages.get(row.message_id))
    ]


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
