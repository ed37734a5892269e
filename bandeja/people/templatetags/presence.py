"""Whether people are there: a dot beside a name, and one's own menu."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bandeja.people.models import Agent, State
from bandeja.people.presence import state_of

register = template.Library()


@register.simple_tag
def there(state: str) -> SafeString:
    """The dot of a `State`, with its words; nothing for who carries none."""
    if not state:
        return SafeString("")
    label = State(state).label
    return format_html('<span class="there {0}" title="{1}"><span class="hushed">{1}</span></span>', state, label)


@register.inclusion_tag("people/own_menu.html", takes_context=True)
def own_menu(context: dict[str, Any]) -> dict[str, Any]:
    """One's own face, state and ways out, at the foot of the rail."""
    agent = context["request"].user
    assert isinstance(agent, Agent)  # noqa: S101  the rail asks only for who is signed in
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "state": getattr(agent, "state", "") or state_of(agent),
        "states": State,
    }
