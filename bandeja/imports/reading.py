"""What a file of contacts says, whatever program wrote it: its letters, its columns, its rows. Pure."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext_noop

from bandeja.channels.reading import clean

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 100
HEADER_LENGTH = 100
DELIMITERS = ",;\t|"
ZIPPED = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"

EMPTY = gettext_noop("The file is empty.")
WORKBOOK = gettext_noop("This is a spreadsheet. Save it as CSV in your spreadsheet program, and choose that file.")
NO_TEXT = gettext_noop("This file is no text. Save it as CSV in your spreadsheet program, and choose that file.")
NO_ROWS = gettext_noop("The file has headers and no rows below them.")
TOO_LARGE = gettext_noop("The file is too large: up to 20 MB are taken. Split it in two.")
TOO_MANY_ROWS = gettext_noop("The file has too many rows: up to 100,000 are taken. Split it in two.")
TOO_MANY_COLUMNS = gettext_noop("The file has too many columns: up to 100 are taken.")
BROKEN = gettext_noop(
    "The file cannot be read as CSV: a cell is longer than any could be. Look for a lone quotation mark."
)


class Unfit(Exception):
    """A file that is not taken; its text is a sentence, translated when shown."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as a table: how it was written, what its columns are called and how many rows say something."""

    encoding: str
    delimiter: str
    headers: list[str]
    rows: int


def sheet(content: bytes) -> Sheet:
    """Find out how a file is written, and read it through once. Raises Unfit."""
    if len(content) > MOST_BYTES:
        raise Unfit(TOO_LARGE)
    encoding = _encoding(content)
    text = content.decode(encoding)
    delimiter = _delimiter(text)
    headers: list[str] = []
    count = 0
    for _number, cells in table(text, delimiter):
        if not headers:
            headers = _headers(cells)
            continue
        count += 1
        if count > MOST_ROWS:
            raise Unfit(TOO_MANY_ROWS)
    if not headers:
        raise Unfit(EMPTY)
    if not count:
        raise Unfit(NO_ROWS)
    return Sheet(encoding, delimiter, headers, count)


def table(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, each with its number in a spreadsheet; the first are the headers. Raises Unfit.

    Of cells beyond the headers there is at most one, which says that there were some.
    """
    lines = io.StringIO(text, newline="")
    if _separator(text):
        lines.readline()
    most = MOST_COLUMNS
    headers: list[str] = []
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
            told = [_cell(cell) for cell in _cut(cells, most)]
            if any(told):
                headers = headers or _headers(told)
                most = len(headers)
                yield number, told
    except csv.Error as error:
        raise Unfit(BROKEN) from error


def _cut(cells: list[str], most: int) -> list[str]:
    """As many cells as there are headers, and the first that says something beyond them."""
    beyond = next((cell for cell in islice(cells, most, None) if cell and _cell(cell)), None)
    return cells[:most] if beyond is None else [*cells[:most], beyond]


def _cell(cell: str) -> str:
    """What a cell says. The apostrophe that keeps a spreadsheet from running it, as we write it, is no part of it."""
    said = clean(cell).strip()
    return said[1:].strip() if said[:1] == "'" and said[1:2] in {"=", "+", "-", "@"} else said


def _headers(cells: list[str]) -> list[str]:
    last = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
    if last > MOST_COLUMNS:
        raise Unfit(TOO_MANY_COLUMNS)
    return [" ".join(cell.split())[:HEADER_LENGTH] for cell in cells[:last]]


def _encoding(content: bytes) -> str:
    """What its letters are written in: UTF-8 says so by itself, and what is neither is taken for Windows-1252."""
    if not content.strip():
        raise Unfit(EMPTY)
    if content.startswith((ZIPPED, OLD_WORKBOOK)):
        raise Unfit(WORKBOOK)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _readable(content, "utf-16")
    try:
        return _readable(content, "utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return _readable(content, "cp1252")
    except UnicodeDecodeError as error:
        raise Unfit(NO_TEXT) from error


def _readable(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise Unfit(NO_TEXT) from None
        raise
    if "\x00" in text:
        raise Unfit(NO_TEXT)
    return encoding


def _delimiter(text: str) -> str:
    """What stands between the headers; a line `sep=;`, as Excel writes it, says it."""
    if said := _separator(text):
        return said
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    counted = Counter({each: outside.count(each) for each in DELIMITERS})
    best, most = counted.most_common(1)[0]
    return best if most else ","


def _separator(text: str) -> str:
    first = text[:8].splitlines()[0].strip().lower() if text[:8].splitlines() else ""
    return first[4] if len(first) == 5 and first.startswith("sep=") and first[4] in DELIMITERS else ""
