"""Cutting a long text where a reader would: between paragraphs, else lines, sentences, words, else characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

Width = Callable[[str], int]
"""How much one code point counts towards a channel's limit."""

SENTENCE = r"(?<=[.!?…])\s+|(?<=[.!?…][»\"'”’)\]])\s+|(?<=[。！？])"
BREAKS = tuple(re.compile(pattern) for pattern in (r"\n[^\S\n]*\n\s*", r"\n\s*", SENTENCE, r"\s+"))
"""From the best to the worst; the part before a match is kept, the blanks of the match go."""
LEAST = 2
"""A better place to cut is taken while it leaves a part at least 1/LEAST of the limit long."""


def units(letter: str) -> int:
    """UTF-16 units, the strictest reading of "characters": whichever Meta counts, it never counts more."""
    return 2 if ord(letter) > 0xFFFF else 1


def octets(letter: str) -> int:
    """Bytes of UTF-8."""
    return len(letter.encode("utf-8", "replace"))


def width_of(text: str, width: Width) -> int:
    """How long a text is for a channel that counts so."""
    return sum(map(width, text))


def split(text: str, limit: int, width: Width) -> Sequence[str]:
    """The text in parts of at most `limit`, in order, with the blanks between them gone; none where it is blank."""
    parts = []
    rest = text.strip()
    while rest:
        end = _fitting(rest, limit, width)
        if end < len(rest):
            end = _place(rest, end)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [part for part in parts if part]


def _fitting(text: str, limit: int, width: Width) -> int:
    """How many code points of the text fit; at least one, so that splitting ends."""
    used = 0
    for place, letter in enumerate(text):
        used += width(letter)
        if used > limit:
            return max(place, 1)
    return len(text)


def _place(text: str, end: int) -> int:
    """Where to cut, at or before `end`."""
    for pattern in BREAKS:
        # One beyond the end: blanks that follow what just fits are a place too.
        places = [match.start() for match in pattern.finditer(text, 0, end + 1)]
        good = [place for place in places if end // LEAST <= place <= end and is_between(text, place)]
        if good:
            return good[-1]
    return next((place for place in range(end, 0, -1) if is_between(text, place)), end)


def is_between(text: str, place: int) -> bool:
    """Whether `place` lies between two characters as people see them (grapheme clusters, Unicode annex 29).

    Stricter than the annex where that is simpler: it never says yes inside a cluster.
    """
    if not 0 < place < len(text):
        return True
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return False
    if unicodedata.category(before) in {"Cc", "Zl", "Zp"}:
        return True
    if _extends(after) or before == "\u200d" or _leads(before, after):
        return False
    if _is_flag(before) and _is_flag(after):
        return _flags_before(text, place) % 2 == 0
    return not _is_one_syllable(before, after)


def _extends(letter: str) -> bool:
    """Marks, joiners, skin tones, and the tags of some flags belong to what stands before them."""
    return (
        unicodedata.category(letter) in {"Mn", "Me", "Mc"}
        or letter in "\u200c\u200d\uff9e\uff9f\u0e33\u0eb3"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U000e0020" <= letter <= "\U000e007f"
    )


def _leads(before: str, after: str) -> bool:
    """Indic conjuncts go on after a virama; a few Arabic signs belong to the number that follows."""
    return (unicodedata.combining(before) == 9 and after.isalpha()) or "\u0600" <= before <= "\u0605"


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flags_before(text: str, place: int) -> int:
    """How many regional indicators stand in a row before `place`: two make a flag."""
    start = place
    while start and _is_flag(text[start - 1]):
        start -= 1
    return place - start


def _is_one_syllable(before: str, after: str) -> bool:
    """Korean written in single letters: a lead goes on with anything, anything with a vowel or a tail."""
    lead = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    jamo = "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7fb" or lead
    goes_on = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb"
    return (jamo and goes_on) or (lead and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3"))
