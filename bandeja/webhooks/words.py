"""Webhooks in words: what each event is, why a call failed, and how a webhook fares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations.models import EventKind
from bandeja.webhooks.endpoints import TEST
from bandeja.webhooks.models import Delivery, Webhook, Why
from bandeja.webhooks.outside import Failure

EVENTS: Mapping[str, Any] = {
    EventKind.CONVERSATION_OPENED: gettext_lazy("A conversation was opened by its contact"),
    EventKind.CONVERSATION_REOPENED: gettext_lazy("A conversation was opened again by your team"),
    EventKind.CONVERSATION_CLOSED: gettext_lazy("A conversation was closed"),
    EventKind.CONVERSATION_ASSIGNED: gettext_lazy("A conversation was given to somebody"),
    EventKind.MESSAGE_RECEIVED: gettext_lazy("A message was received"),
    EventKind.MESSAGE_SENT: gettext_lazy("A message or note was written"),
    EventKind.CONTACT_BLOCKED: gettext_lazy("A contact was blocked"),
    EventKind.CONTACT_UNBLOCKED: gettext_lazy("A contact was unblocked"),
    EventKind.CONTACT_MERGED: gettext_lazy("Two contacts were merged"),
    EventKind.CONVERSATION_KEPT: gettext_lazy("A conversation is kept open"),
    EventKind.CONVERSATION_RELEASED: gettext_lazy("A conversation is kept open no more"),
    EventKind.CONVERSATION_SNOOZED: gettext_lazy("A conversation is snoozed"),
    EventKind.CONVERSATION_WOKEN: gettext_lazy("A conversation is snoozed no more"),
    EventKind.CLOSING_WITHHELD: gettext_lazy("A rule left a conversation open"),
    EventKind.CLOSING_RESUMED: gettext_lazy("A rule leaves a conversation open no more"),
    EventKind.MESSAGE_WITHHELD: gettext_lazy("A rule could not write to the contact"),
    EventKind.CONVERSATION_TAGGED: gettext_lazy("A tag was put on a conversation"),
    EventKind.AGENTS_CALLED: gettext_lazy("A flow asked people to look"),
}

FAILURES: Mapping[str, Any] = {
    Failure.NOT_AN_ADDRESS: gettext_lazy("This is not an address that can be called."),
    Failure.NOT_PUBLIC: gettext_lazy("The address leads into a private network, or is not https; nothing was sent."),
    Failure.NOT_FOUND: gettext_lazy("The name of the server could not be found."),
    Failure.NO_CONNECTION: gettext_lazy("The server could not be reached."),
    Failure.NOT_TRUSTED: gettext_lazy("The server's certificate could not be trusted."),
    Failure.TOO_SLOW: gettext_lazy("The server did not answer within 10 seconds."),
    Failure.BROKEN_OFF: gettext_lazy("The connection broke off."),
    Failure.REDIRECTED: gettext_lazy("The server sent us somewhere else; change the address here."),
    Failure.REFUSED: gettext_lazy("The server refused it."),
}


def event(kind: str) -> str:
    """What happened, as people read it."""
    return _("A test") if kind == TEST else str(EVENTS.get(kind, kind))


def failure(delivery: Delivery) -> str:
    """Why the last attempt failed; empty when it did not."""
    return str(FAILURES.get(delivery.failure, "")) if delivery.failure else ""


def disabled(webhook: Webhook) -> str:
    """Why it is told nothing; empty when it is."""
    if webhook.disabled_why == Why.GONE:
        return _("The server said that this address is no longer there (410).")
    if webhook.disabled_why == Why.FAILING:
        return _("Nothing could be delivered for three days.")
    return _("Somebody of your team disabled it.") if webhook.disabled_why else ""
