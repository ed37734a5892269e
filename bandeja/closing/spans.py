"""A time as people read it."""

from __future__ import annotations

from django.utils.translation import ngettext

from bandeja.closing.models import Unit


def span(amount: int, unit: str) -> str:
    """A time as it was typed: 90 minutes stays 90 minutes."""
    if unit == Unit.DAYS:
        return ngettext("%(n)d day", "%(n)d days", amount) % {"n": amount}
    if unit == Unit.HOURS:
        return ngettext("%(n)d hour", "%(n)d hours", amount) % {"n": amount}
    return ngettext("%(n)d minute", "%(n)d minutes", amount) % {"n": amount}
