"""What a rule says to contacts, in words: the time that is left, its texts with it, and how people read all that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import override

from bandeja.closing.courtesy import TIME, Before, Courtesy, text_in
from bandeja.closing.models import Rule, Unit
from bandeja.closing.spans import span

HOUR, DAY = 3_600, 86_400


def remaining(left: timedelta) -> str:
    """A time that is left as one says it: to the minute within an hour, to five within a day, then to the hour."""
    seconds = left.total_seconds()
    step = 60 if seconds < HOUR - 30 else 300 if seconds < DAY - 150 else HOUR
    days, rest = divmod(max(60, round(seconds / step) * step), DAY)
    hours, rest = divmod(rest, HOUR)
    parts = [(days, Unit.DAYS), (hours, Unit.HOURS), (rest // 60, Unit.MINUTES)]
    return str(get_text_list([span(amount, unit) for amount, unit in parts if amount], _("and")))


def filled(text: str, language: str, left: timedelta | None = None) -> str:
    """The text as a contact reads it, with the time that is left said in its language."""
    if left is None:
        return text
    with override(language):
        said = remaining(left)
    return TIME.sub(lambda _found: said, text)


def snapshot(rule: Rule) -> dict[str, Any]:
    """What a rule says, as the audit log keeps it: nothing of one that says nothing."""
    return plain(Courtesy.of(rule))


def plain(courtesy: Courtesy) -> dict[str, Any]:
    """The same in plain values."""
    said = {
        "warnings": [str(each) for each in courtesy.warnings],
        "warning": dict(courtesy.warning),
        "farewell": dict(courtesy.farewell),
    }
    return {name: value for name, value in said.items() if value}


def facts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A snapshot, labelled: what two versions of a rule are compared by. Always as many."""
    yield _("Warns before closing"), _times(said) or "–"
    yield _("Warning"), _texts(said.get("warning", {}))
    yield _("Closing message"), _texts(said.get("farewell", {}))


def sentences(courtesy: Courtesy, language: str) -> Iterator[str]:
    """What a rule says, a sentence each, as whoever reads this language is told it."""
    times = [each for each in courtesy.warnings if each.amount and each.unit in Unit.values]
    text, said_in = text_in(courtesy.warning, language, *courtesy.warning)
    if times and text:
        told = {"times": _spans(times), "text": filled(text.strip(), said_in, times[0].time)}
        yield _("It warns the contact %(times)s before: “%(text)s”") % told
    farewell, _said_in = text_in(courtesy.farewell, language, *courtesy.farewell)
    if farewell:
        yield _("Once it is closed, the contact is told: “%(text)s”") % {"text": farewell.strip()}


def _times(said: Mapping[str, Any]) -> str:
    return _spans([Before.of(each) for each in said.get("warnings", [])])


def _spans(times: Sequence[Before]) -> str:
    return str(get_text_list([span(each.amount, each.unit) for each in times], _("and")))


def _texts(texts: Mapping[str, str]) -> str:
    if len(texts) < 2:
        return "".join(texts.values()) or "–"
    return " · ".join(f"{code}: {text}" for code, text in sorted(texts.items()))
