"""Where in a text the words of a search stand, whatever its accents and capitals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bandeja.conversations.plain import plain

BEFORE = 12
"""How many letters of an excerpt stand before what was found: a narrow row shows little more."""


def marked(text: str, terms: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it was looked for."""
    at = 0
    for begin, end in _joined(text, terms):
        yield text[at:begin], False
        yield text[begin:end], True
        at = end
    yield text[at:], False


def excerpt(text: str, terms: Sequence[str], length: int) -> str:
    """A line of `text` around the first of these words."""
    line = " ".join(text.split())
    begin = next(iter(_joined(line, terms)), (0, 0))[0] - BEFORE
    begin = 0 if begin <= 0 else line.find(" ", begin) + 1
    cut = line[begin : begin + length]
    return f"{'…' if begin else ''}{cut}{'…' if begin + length < len(line) else ''}"


def _joined(text: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Where the terms stand, those that overlap as one."""
    spans: list[tuple[int, int]] = []
    for begin, end in sorted(_spans(text, terms)):
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return spans


def _spans(text: str, terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    folded, places = _folded(text)
    for term in filter(None, terms):
        at = folded.find(term)
        while at >= 0:
            yield places[at], places[at + len(term) - 1] + 1
            at = folded.find(term, at + len(term))


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The plain text, and of each of its letters where it stood."""
    folded = plain(text)
    if len(folded) == len(text):
        return folded, range(len(text))
    letters = [(letter, place) for place, said in enumerate(text) for letter in plain(said)]
    return "".join(letter for letter, _ in letters), [place for _, place in letters]
