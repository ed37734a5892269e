"""What somebody types of a rule's warnings and closing message: tidied, and refused field by field (closing W1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from bandeja.channels.reading import is_visible
from bandeja.closing.courtesy import BRACES, MOST, TEXT_LENGTH, TIME, Before, Courtesy
from bandeja.closing.models import Unit

LANGUAGES: Sequence[str] = tuple(code for code, _name in settings.LANGUAGES)


def tidied(courtesy: Courtesy) -> Courtesy:
    """The texts trimmed, and no blank ones; what a warning says only where the rule warns."""
    warning = _trimmed(courtesy.warning) if courtesy.warnings else {}
    return replace(courtesy, warning=warning, farewell=_trimmed(courtesy.farewell))


def _trimmed(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: text.strip() for code, text in texts.items() if text.strip()}


def wrong(courtesy: Courtesy, time: timedelta | None, language: str) -> dict[str, str]:
    """What is wrong with each part, `warnings.0`, `warning.pt-br`, of a rule of this time; None where that is wrong
    itself.
    """
    times = {f"warnings.{n}": said for n, said in enumerate(_wrong_times(courtesy.warnings, time))}
    return {
        **times,
        **dict(_wrong_texts("warning", courtesy.warning, language, needed=bool(courtesy.warnings))),
        **dict(_wrong_texts("farewell", courtesy.farewell, language, needed=bool(courtesy.farewell))),
    }


def _wrong_times(warnings: Sequence[Before], time: timedelta | None) -> Iterator[str]:
    if len(warnings) > MOST:
        yield _("A rule warns at most twice.")
        return
    longest = time
    for each in warnings:
        if each.unit not in Unit.values:
            yield _("Choose minutes, hours or days.")
        elif each.amount < 1:
            yield _("Write a whole number from 1 on, or leave it blank.")
        elif longest is not None and each.time >= longest:
            yield (
                _("It must be shorter than the rule's time.")
                if longest == time
                else _("The second warning comes closer to the end than the first.")
            )
        else:
            yield ""
            longest = each.time


def _wrong_texts(kind: str, texts: Mapping[str, str], language: str, *, needed: bool) -> Iterator[tuple[str, str]]:
    if needed and language not in texts:
        yield f"{kind}.{language}", _("Write what the contact reads, in the workspace's language at least.")
    for code, text in texts.items():
        if code not in LANGUAGES:
            yield f"{kind}.{code}", _("Bandeja does not speak that language.")
        elif said := _wrong_text(kind, text):
            yield f"{kind}.{code}", said


def _wrong_text(kind: str, text: str) -> str:
    if len(text) > TEXT_LENGTH:
        counts = {"most": TEXT_LENGTH, "count": len(text)}
        return _("Write at most %(most)d characters; there are %(count)d.") % counts
    if not is_visible(text):
        return _("Write something that can be seen.")
    # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates.
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return _("It contains characters that cannot be stored.")
    if kind == "warning":
        rest = BRACES.findall(TIME.sub("", text))
        return _("Nothing is known that %(what)s could stand for.") % {"what": rest[0]} if rest else ""
    rest = BRACES.findall(text)
    return _("Nothing can be put into this text: leave out %(what)s.") % {"what": rest[0]} if rest else ""
