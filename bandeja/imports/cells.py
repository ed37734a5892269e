"""What a row says of a contact: each cell read as what its column is, or refused with a reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from bandeja.channels.reading import is_visible, line
from bandeja.channels.whatsapp.numbers import variants
from bandeja.conversations.models import ContactField, FieldKind
from bandeja.conversations.tags import NAME_LENGTH as TAG_LENGTH
from bandeja.imports.guessing import Target
from bandeja.inbox.contact_form import TEXT_LENGTH, NumberField

NAME_LENGTH = 120
EMAIL_LENGTH = 254
SAID_LENGTH = 200
MOST_TAGS = 20
SHORTEST, LONGEST = 7, 15
"""Digits of a telephone number with its country's code (ITU-T E.164)."""
WRITTEN = re.compile(r"[+(0-9][0-9\s().\-/]*")
WHOLE: Mapping[str, int] = {"55": 12}
"""From how many digits a number that begins with its country's code is taken to have it; 11 where none is said.

A Brazilian number of the area 55 has 11 digits without the country's 55.
"""
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")

_email = EmailValidator()
_number = NumberField(required=False)


class Refused(Exception):
    """A cell that cannot be taken: `fault` is a word of `words.FAULTS`, `said` what stands in it."""

    def __init__(self, fault: str, said: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.said = said[:SAID_LENGTH]


@dataclass(slots=True)
class Told:
    """A row as it was understood; `numbers` are the digits of its phone and their other forms."""

    name: str = ""
    email: str = ""
    phone: str = ""
    numbers: list[str] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    fault: str = ""
    said: str = ""
    header: str = ""


class Reader:
    """Reads rows whose columns are what `columns` says, with the country's code for numbers that lack one."""

    def __init__(
        self, headers: Sequence[str], columns: Sequence[str], fields: Sequence[ContactField], calling: str
    ) -> None:
        self._headers = headers
        self._columns = columns
        self._fields = {str(each.pk): each for each in fields}
        self._calling = calling

    def read(self, cells: Sequence[str]) -> Told:
        """One row; what is wrong with it first is its fault, and the rest is read all the same."""
        told = Told()
        if len(cells) > len(self._headers) and any(cells[len(self._headers) :]):
            told.fault, told.said = "cells", next(each for each in cells[len(self._headers) :] if each)[:SAID_LENGTH]
        for place, target in enumerate(self._columns):
            cell = cells[place] if place < len(cells) else ""
            if not target or not cell:
                continue
            try:
                self._take(told, target, cell)
            except Refused as refused:
                if not told.fault:
                    told.fault, told.said, told.header = refused.fault, refused.said, self._headers[place]
        if not told.fault and not told.phone and not told.email:
            told.fault = "unreachable"
        return told

    def _take(self, told: Told, target: str, cell: str) -> None:
        if target == Target.PHONE:
            told.phone = phone(cell, self._calling)
            told.numbers = [told.phone[1:], *variants(told.phone[1:])]
        elif target == Target.EMAIL:
            told.email = email(cell)
        elif target == Target.TAGS:
            told.tags = tags([*told.tags, *re.split(r"[,;|]", cell)])
        elif target in {Target.NAME, Target.SURNAME}:
            parts = [told.name, cell] if target == Target.SURNAME else [cell, told.name]
            told.name = _text(" ".join(filter(None, parts)), NAME_LENGTH)
        elif known := self._fields.get(target):
            told.details[target] = READ[FieldKind(known.kind)](cell, known)


def phone(cell: str, calling: str) -> str:
    """A number in E.164. Without + or 00 it is of the country `calling`, with its 0 for far away or without.

    Raises Refused.
    """
    digits = re.sub(r"\D", "", cell)
    if not WRITTEN.fullmatch(cell):
        raise Refused("phone", cell)
    if cell.startswith("+"):
        whole = digits
    elif digits.startswith("00"):
        whole = digits[2:]
    elif not calling:
        raise Refused("country", cell)
    else:
        bare = digits.lstrip("0")
        has_code = bare.startswith(calling) and len(bare) >= WHOLE.get(calling, 11)
        whole = bare if has_code else f"{calling}{bare}"
    if not SHORTEST <= len(whole) <= LONGEST or whole.startswith("0"):
        raise Refused("phone", cell)
    return f"+{whole}"


def email(cell: str) -> str:
    """An address in small letters. Raises Refused."""
    said = cell.strip().strip("<>").lower()
    try:
        _email(said)
    except ValidationError:
        raise Refused("email", cell) from None
    if len(said) > EMAIL_LENGTH:
        raise Refused("long", cell)
    return said


def tags(names: Sequence[str]) -> list[str]:
    """The names of tags, each once whatever its capitals. Raises Refused."""
    found: dict[str, str] = {}
    for each in names:
        name = line(each, TAG_LENGTH + 1)
        if len(name) > TAG_LENGTH:
            raise Refused("long", each)
        if is_visible(name):
            found.setdefault(name.casefold(), name)
    if len(found) > MOST_TAGS:
        raise Refused("tags", ", ".join(found.values()))
    return list(found.values())


def _text(cell: str, most: int) -> str:
    said = line(cell, most + 1)
    if len(said) > most:
        raise Refused("long", cell)
    return said if is_visible(said) else ""


def _free(cell: str, known: ContactField) -> str:
    return _text(cell, TEXT_LENGTH)


def _figure(cell: str, known: ContactField) -> str:
    """With a point or a comma, and with points or commas between thousands where both are there."""
    said = cell
    if "." in cell and "," in cell:
        thousands = min(".", ",", key=cell.rfind)
        said = cell.replace(thousands, "")
    try:
        return str(_number.clean(said))
    except ValidationError:
        raise Refused("number", cell) from None


def _day(cell: str, known: ContactField) -> str:
    """2026-12-31, or the day first, as Spanish and Portuguese have it."""
    if match := YEAR_FIRST.fullmatch(cell):
        year, month, day = map(int, match.groups())
    elif match := DAY_FIRST.fullmatch(cell):
        day, month, year = map(int, match.groups())
    else:
        raise Refused("date", cell)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Refused("date", cell) from None


def _choice(cell: str, known: ContactField) -> str:
    said = line(cell, TEXT_LENGTH).casefold()
    chosen = next((each for each in known.choices if each.casefold() == said), "")
    if not chosen:
        raise Refused("choice", cell)
    return str(chosen)


READ: Mapping[FieldKind, Callable[[str, ContactField], str]] = {
    FieldKind.TEXT: _free,
    FieldKind.NUMBER: _figure,
    FieldKind.DATE: _day,
    FieldKind.CHOICE: _choice,
}
