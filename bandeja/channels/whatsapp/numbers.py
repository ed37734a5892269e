"""The other forms of a number: three countries write theirs in two ways, and Meta sends now one, now the other.

They serve to find a contact that is known already, never to write one down, and never to answer to: the answer goes
to what Meta sent (meta.md E6 and D). Brazilian landlines, whose eight digits begin with 2 to 5, have one form only.
"""

from __future__ import annotations


def variants(number: str) -> tuple[str, ...]:
    """The other form of this number, digits only with its country code; empty for most of the world."""
    country, size = number[:2], len(number)
    if country == "55":
        return _brazilian(number, size)
    if country == "52":
        return _with_or_without("1", number, size)
    if country == "54":
        return _with_or_without("9", number, size)
    return ()


def _brazilian(number: str, size: int) -> tuple[str, ...]:
    """55, two digits of the area, and eight digits with or without a 9 before them."""
    if size not in {12, 13} or number[-8] not in "6789":
        return ()
    if size == 12:
        return (f"{number[:4]}9{number[4:]}",)
    return (f"{number[:4]}{number[5:]}",) if number[4] == "9" else ()


def _with_or_without(mark: str, number: str, size: int) -> tuple[str, ...]:
    """The country's two digits, and ten with or without a mark before them."""
    if size == 12:
        return (f"{number[:2]}{mark}{number[2:]}",)
    return (f"{number[:2]}{number[3:]}",) if size == 13 and number[2] == mark else ()
