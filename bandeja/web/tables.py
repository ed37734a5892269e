"""Tables to keep, as CSV that a spreadsheet opens and runs nothing of."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse

RUN = frozenset({"=", "+", "-", "@", "\t", "\r"})
TYPE = "text/csv; charset=utf-8"


def table(name: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A file of that name with these rows below these headers."""
    return HttpResponse(_lines(headers, rows), content_type=TYPE, headers=_named(name))


def streamed(name: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """The same, handed out line by line: the rows are read after the view, when nothing is translated any more."""
    return StreamingHttpResponse(_lines(headers, rows), content_type=TYPE, headers=_named(name))


class _Line:
    """What a writer of CSV writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "\ufeff"  # without it a spreadsheet takes the accents for something else
    writer = csv.writer(_Line())
    yield writer.writerow([harmless(cell) for cell in headers])
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula, and names are typed by anybody."""
    return f"'{cell}" if cell[:1] in RUN else cell
