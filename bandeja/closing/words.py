"""How a rule reads: its time, its accounts, and the sentence that says what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.closing import options_told
from bandeja.closing.models import Since, Unit, Waiting
from bandeja.closing.spans import span

MOST_NAMED = 4
"""More accounts than this are counted instead of named."""


def counted(n: int) -> str:
    """A number as it is written in a sentence: 12,345."""
    return number_format(n, force_grouping=True)


def percent(share: float) -> str:
    """A share of 0 to 1, in whole percents; what is there and yet less than one is told so."""
    if 0 < share < 0.01:
        return _("less than 1%%") % {}
    return _("%(n)d%%") % {"n": round(share * 100)}


def in_percent(share: float) -> str:
    """The same within a sentence: in 6%."""
    if 0 < share < 0.01:
        return _("in less than 1%%") % {}
    return _("in %(n)d%%") % {"n": round(share * 100)}


def places(names: Sequence[str]) -> str:
    """The accounts of a rule in a sentence: WhatsApp Ventas or Chat web."""
    if len(names) > MOST_NAMED:
        return ngettext("%(n)d account", "%(n)d accounts", len(names)) % {"n": len(names)}
    return str(get_text_list(list(names), _("or")))


def sentence(
    amount: int,
    unit: str,
    reason: str,
    names: Sequence[str],
    *,
    active: bool = True,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> SafeString:
    """What a rule does, in a sentence or a few; while something is missing, what to fill in."""
    if not (amount and unit in Unit.values and reason and names):
        return format_html(
            "{}", _("Give it a time, at least one account and a reason: here you will read what it does.")
        )
    parts = {"time": span(amount, unit), "accounts": places(names), "reason": reason}
    bold = {part: format_html("<b>{}</b>", words) for part, words in parts.items()}
    text = _does(options.get("since") or Since.CONTACT, active=active)
    return format_html_join(" ", "{}", [(format_html(text, **bold),), *((more,) for more in _but(options))])


def _does(since: str, *, active: bool) -> str:
    """The sentence of a rule that is on, or off, by what it counts from."""
    if since == Since.CONTACT and active:
        return _(
            "If the contact does not write for {time} on {accounts}, "
            "the conversation closes with the reason “{reason}”."
        )
    if since == Since.CONTACT:
        return _(
            "It is off and closes nothing. Turned on: after {time} without the contact writing on {accounts}, "
            "the conversation closes with the reason “{reason}”."
        )
    if since == Since.EITHER and active:
        return _(
            "If neither the contact nor your team writes for {time} on {accounts}, "
            "the conversation closes with the reason “{reason}”."
        )
    if since == Since.EITHER:
        return _(
            "It is off and closes nothing. Turned on: after {time} without the contact or your team writing on "
            "{accounts}, the conversation closes with the reason “{reason}”."
        )
    if active:
        return _(
            "If the contact does not answer for {time} after your team wrote on {accounts}, "
            "the conversation closes with the reason “{reason}”."
        )
    return _(
        "It is off and closes nothing. Turned on: after {time} without the contact answering what your team wrote on "
        "{accounts}, the conversation closes with the reason “{reason}”."
    )


def _but(options: Mapping[str, Any]) -> Iterator[str]:
    """By which hours its time counts, what it leaves open, and what nobody answered, a sentence each."""
    if hours := options.get("hours"):
        yield _("The time counts only in the hours “%(hours)s”, and a day is a working day.") % {"hours": hours}
    waiting = options.get("waiting") or Waiting.CLOSE
    if waiting == Waiting.GIVE and (given := options.get("waiting_to")):
        yield _("Where they wait for an answer it stays open, and goes to %(name)s.") % {"name": given}
    elif waiting == Waiting.FREE:
        yield _("Where they wait for an answer it stays open, without an owner.")
    elif waiting == Waiting.TELL:
        yield _("Where they wait for an answer it stays open, and its owner is told.")
    elif options.get("since") == Since.ANSWER:
        yield _("Where they wait for an answer it stays open.")
    if spared := list(options_told.spared(options)):
        yield _("It leaves open %(what)s.") % {"what": str(get_text_list(spared, _("or")))}
    if unheard := options.get("unheard"):
        yield _("What you began and nobody answered closes %(time)s after your last message.") % {
            "time": span(**unheard)
        }


def facts(
    *, active: bool, name: str, time: str, names: Sequence[str], reason: str, options: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """A rule field by field, labelled: what two versions are compared by. `options` are as the log keeps them."""
    return [
        (_("State"), _("On") if active else _("Off")),
        (_("Name of the rule"), name),
        (_("Inactivity time"), time),
        (_("Accounts"), ", ".join(names) or "–"),
        (_("Closing reason"), reason),
        *options_told.facts(options),
    ]
