"""The bell, and the stream that rings it, on every page of somebody who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template

from bandeja.notifications.told import waiting
from bandeja.people.models import Agent
from bandeja.realtime import tokens

register = template.Library()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@register.inclusion_tag("notifications/bell.html", takes_context=True)
def bell(context: dict[str, Any]) -> dict[str, Any]:
    """How much waits, and whether it may be heard."""
    count, is_heard = waiting(context["request"].user)
    return {"count": count, "is_heard": is_heard}


@register.simple_tag(takes_context=True)
def stream_token(context: dict[str, Any]) -> str:
    """What opens a stream for this page; nothing where nobody is signed in."""
    agent = getattr(context.get("request"), "user", None)
    return tokens.of(context["request"], agent) if isinstance(agent, Agent) else ""


@register.simple_tag(takes_context=True)
def made_at(context: dict[str, Any]) -> str:
    """An instant before anything on this page was read, in microseconds since 1970."""
    asked_at = getattr(context["request"].user, "asked_at", None)
    return str((asked_at - EPOCH) // timedelta(microseconds=1)) if asked_at else ""
