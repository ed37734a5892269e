"""What of the demo to offer to who is looking."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from bandeja.conversations.models import Conversation
from bandeja.demo import phones
from bandeja.people.models import Agent, Permission

register = template.Library()


@register.simple_tag
def may_load_demo(request: HttpRequest) -> bool:
    """True for an administrator whose workspace has no conversation yet."""
    agent = request.user
    if not isinstance(agent, Agent) or not agent.may(Permission.MANAGE_PEOPLE):
        return False
    return not Conversation.objects.filter(workspace_id=agent.workspace_id).exists()


@register.simple_tag
def may_play_customers(request: HttpRequest) -> bool:
    """True for who manages accounts, where some live on the stand-in."""
    agent = request.user
    if not isinstance(agent, Agent) or not agent.may(Permission.MANAGE_ACCOUNTS):
        return False
    return phones.of(agent.workspace) is not None
