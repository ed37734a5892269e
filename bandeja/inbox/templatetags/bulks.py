"""What became of one's bulk actions, at the head of the list: it is there after a reload too."""

from __future__ import annotations

from typing import Any

from django import template

from bandeja.inbox.bulks import shown
from bandeja.people.models import Agent

register = template.Library()


@register.inclusion_tag("inbox/bulks.html", takes_context=True)
def bulks(context: dict[str, Any]) -> dict[str, Any]:
    """Those under way with how far they are, and those that ended with what is to be known."""
    agent = context["request"].user
    return {"bulks": shown(agent) if isinstance(agent, Agent) else []}
