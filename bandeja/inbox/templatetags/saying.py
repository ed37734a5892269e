"""Messages in a few words, for the list and beside it."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from bandeja.channels.models import Template
from bandeja.channels.whatsapp import templates
from bandeja.conversations.models import Contact, Conversation, Message
from bandeja.inbox import kinds, lookup, texts
from bandeja.inbox.filters import Filters
from bandeja.inbox.marking import excerpt, marked
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
def at(conversation: Conversation, filters: Filters, message: Message | str = "") -> str:
    """Where a row leads: to the conversation, or to the message in it that was looked for."""
    address = f"/inbox/{conversation.pk}{filters.query}"
    return f"{address}&from={message.pk}#m{message.pk}" if isinstance(message, Message) else address


@register.simple_tag
def named(contact: Contact, q: str) -> SafeString:
    """The contact's name, what was looked for marked in it."""
    return _marked(str(contact), lookup.terms(q))


@register.simple_tag
def found_by(contact: Contact, q: str) -> SafeString | str:
    """The e-mail or the phone a search found somebody by, where the name does not show it."""
    terms = lookup.terms(q)
    if not terms or any(hit for term in terms for _piece, hit in marked(str(contact), [term])):
        return ""
    if any(hit for _piece, hit in marked(contact.email, terms)):
        return format_html("{}{}", SafeString(icon("at-sign", 12)), _marked(contact.email, terms))
    return format_html("{}<mark>{}</mark>", SafeString(icon("phone", 12)), contact.phone) if contact.phone else ""


@register.simple_tag
def passage(message: Message, q: str, length: int = 90) -> SafeString:
    """The part of a message in which the words of a search stand, with these marked."""
    terms = texts.words(q)
    return _marked(excerpt(message.text, terms, length), terms)


def _marked(text: str, terms: Sequence[str]) -> SafeString:
    pieces = ((format_html("<mark>{}</mark>", piece) if hit else piece,) for piece, hit in marked(text, terms))
    return format_html_join("", "{}", pieces)


@register.simple_tag
def reads(template: Template) -> str:
    """How a template reads before anything is filled in."""
    return templates.preview(template, {})
