"""Tables to keep, as CSV that a spreadsheet opens and runs nothing of."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

RUN = frozenset({"=", "+", "-", "@", "\t", "\r"})


def table(name: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A file of that name with these rows below these headers."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.write("\ufeff")  # without it a spreadsheet takes the accents for something else
    writer = csv.writer(answer)
    writer.writerow([harmless(cell) for cell in headers])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return answer


def harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula, and names are typed by anybody."""
    return f"'{cell}" if cell[:1] in RUN else cell
