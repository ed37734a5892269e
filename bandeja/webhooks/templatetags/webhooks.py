"""How a webhook fares, in templates."""

from __future__ import annotations

from django import template

from bandeja.webhooks import words
from bandeja.webhooks.models import Webhook

register = template.Library()


@register.filter
def why_disabled(webhook: Webhook) -> str:
    """Why it is told nothing; empty when it is."""
    return words.disabled(webhook)


@register.filter
def event_name(kind: str) -> str:
    """What happened, as people read it."""
    return words.event(kind)
