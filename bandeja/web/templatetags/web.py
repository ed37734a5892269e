"""Icons, faces, channel marks and times, for every template."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from lucide.templatetags.lucide import lucide

from bandeja.web import times

register = template.Library()

TINTS = 8
ADDRESS = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])")
GLYPHS = {
    "whatsapp": "phone",
    "messenger": "zap",
    "instagram": "camera",
    "webchat": "message-circle",
    "api": "braces",
}
CHANNELS = {
    "whatsapp": "WhatsApp",
    "messenger": "Messenger",
    "instagram": "Instagram",
    "api": "API",
}


@register.simple_tag
def icon(name: str, size: int = 16) -> str:
    """A lucide icon, hidden from screen readers: the words beside it say the same."""
    return _drawn(name, size, "1.75")


@cache
def _drawn(name: str, size: int, width: str) -> str:
    """Drawn once: a page of the list has hundreds, of a dozen kinds."""
    return str(lucide(name, size=size, stroke_width=width, aria_hidden="true"))


@register.simple_tag
def mark(channel: str, *, named: bool = True) -> SafeString:
    """The small coloured mark of a channel, with its name for those who do not see it."""
    name = CHANNELS.get(channel) or gettext("Web chat")
    glyph = _drawn(GLYPHS.get(channel, "plug"), 10, "2.5")
    label = format_html('<span class="hushed">{}</span>', name) if named else ""
    return format_html('<span class="mark {}" title="{}">{}{}</span>', channel, name, glyph, label)


@register.simple_tag
def avatar(name: str, key: int | None = 0, size: str = "", channel: str = "") -> SafeString:
    """The initials of a person on the tint of `key`; `size` is small or large, `channel` adds its mark."""
    corner = mark(channel) if channel else ""
    return format_html(
        '<span class="avatar {} tint-{}"><span aria-hidden="true">{}</span>{}</span>',
        size,
        (key or 0) % TINTS,
        initials(name),
        corner,
    )


@register.filter
def initials(name: str) -> str:
    """LR for Lía Restrepo, L for Lía, # for a number, ? for nothing."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return "#" if any(letter.isdigit() for letter in name) else "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def first_name(name: str) -> str:
    """How one would call them in a sentence: Lía for Lía Restrepo; nothing when the name is a number."""
    first = name.split(maxsplit=1)[0] if name.strip() else ""
    return first if first[:1].isalpha() else ""


@register.simple_tag
def ago(at: datetime | None, now: datetime) -> SafeString:
    """A time that stays true while the page is open (times.js), with the exact instant on hover."""
    if at is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>', at.isoformat(), times.exact(at), times.short(at, now)
    )


@register.simple_tag
def clock(at: datetime) -> SafeString:
    """The hour of an instant, with the exact instant on hover."""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), times.exact(at), times.hour(at))


@register.filter
def exact(at: datetime | None) -> str:
    """The instant to the second."""
    return times.exact(at) if at else ""


@register.filter
def coming(at: datetime) -> str:
    """An instant that lies ahead, to the minute: {{ conversation.kept_until|coming }}"""
    return times.coming(at)


@register.filter
def moment(at: datetime) -> str:
    """The day and the second, without the year."""
    return times.moment(at)


@register.filter
def delay(late: timedelta | None) -> str:
    """How late something was: 0.04 s, 3 min; nothing where nothing was."""
    return "" if late is None else times.delay(late)


@register.simple_tag
def countdown(deadline: datetime, now: datetime, quarter: int = 0) -> SafeString:
    """What is left until `deadline`, ticking (times.js); amber within `quarter` milliseconds at most."""
    return format_html(
        '<span class="countdown" role="timer" data-deadline="{}" data-quarter="{}">{}</span>',
        deadline.isoformat(),
        quarter,
        times.remaining(deadline - now),
    )


@register.simple_tag
def left(deadline: datetime, now: datetime) -> str:
    """What is left until `deadline` in its largest unit."""
    return times.coarse(deadline - now)


@register.simple_tag
def left_calmly(deadline: datetime, now: datetime) -> str:
    """What is left until `deadline`, without seconds (times.js)."""
    return times.calm(deadline - now)


@register.filter
def linked(text: str) -> SafeString:
    """A message as text, with its web addresses as links that open elsewhere and tell nothing of us."""
    pieces = ADDRESS.split(text)
    safe = (_link(piece) if turn % 2 else escape(piece) for turn, piece in enumerate(pieces))
    return mark_safe("".join(safe))  # noqa: S308  every piece is escaped


def _link(address: str) -> SafeString:
    return format_html('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>', address)


@register.filter
def may(agent: Any, permission: str) -> bool:
    """Whether the person looking at the page may: `{% if request.user|may:"manage_accounts" %}`."""
    return bool(agent.is_authenticated and agent.may(permission))


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], path: str) -> SafeString:
    """`aria-current="page"` on the link to where one is."""
    request = context.get("request")
    inside = request is not None and request.path.startswith(path)
    return SafeString('aria-current="page"' if inside else "")
