"""The bell, and the stream that rings it, on every page of somebody who is signed in."""

from __future__ import annotations

from typing import Any

from django import template

from bandeja.notifications.told import preference, unread_count
from bandeja.people.models import Agent
from bandeja.realtime import tokens

register = template.Library()


@register.inclusion_tag("notifications/bell.html", takes_context=True)
def bell(context: dict[str, Any]) -> dict[str, Any]:
    """How much waits, and whether it may be heard."""
    agent = context["request"].user
    chosen = preference(agent)
    return {"count": unread_count(agent), "is_heard": chosen.sound and not chosen.quiet}


@register.simple_tag(takes_context=True)
def stream_token(context: dict[str, Any]) -> str:
    """What opens a stream for this page; nothing where nobody is signed in."""
    agent = getattr(context.get("request"), "user", None)
    return tokens.of(context["request"], agent) if isinstance(agent, Agent) else ""
