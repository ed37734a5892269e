"""The filters that are on, each in a few words and with the address without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations.models import Cause, Tag
from bandeja.inbox.filters import DAYS, Asked


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; `query` is the end of the address without it."""

    label: str
    query: str


def chips(asked: Asked) -> list[Chip]:
    """Those that no control in sight tells of: the state and the owner have theirs."""
    filters = asked.filters
    labels = {
        "days": days(int(filters.days)) if filters.days else "",
        "channel": ChannelKey(filters.channel).label if filters.channel else "",
        "account": _named(asked.accounts, filters.account) if filters.account else "",
        "tag": _named(asked.tags, filters.tag) if filters.tag else "",
        "reason": filters.reason,
        "cause": Cause(filters.cause).label if filters.cause else "",
        "soon": _("Closes soon"),
        "waiting": _("Unanswered by us"),
    }
    return [Chip(str(label), filters.without(name)) for name, label in labels.items() if name in filters.on]


def _named(known: Iterable[Account | Tag], pk: str) -> str:
    return next((each.name for each in known if str(each.pk) == pk), "?")


def days(number: int) -> str:
    """How long ago, as a filter says it."""
    if number == 1:
        return _("Last 24 hours")
    return ngettext("Last %(n)d day", "Last %(n)d days", number) % {"n": number}


def all_days() -> list[tuple[str, str]]:
    """What may be chosen."""
    return [(str(number), days(number)) for number in DAYS]
