"""Messages in a few words, for the list and beside it."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from bandeja.channels.models import Template
from bandeja.channels.whatsapp import templates
from bandeja.conversations.models import Conversation
from bandeja.inbox import kinds
from bandeja.web.templatetags.web import icon

register = template.Library()


@register.simple_tag
def snippet(conversation: Conversation, length: int = 90) -> SafeString:
    """The latest message of a conversation: its text, or what it is when it has none."""
    kind = conversation.last_message_kind
    mark = "" if kind == "text" else SafeString(icon(kinds.icon(kind), 12))
    text = Truncator(conversation.last_message_text or kinds.short(kind)).chars(length)
    return format_html("{}{}", mark, text)


@register.simple_tag
def reads(template: Template) -> str:
    """How a template reads before anything is filled in."""
    return templates.preview(template, {})
