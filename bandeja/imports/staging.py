"""A file's rows as they are understood, written down beside each other: all of them by one COPY."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from django.db import connection

from bandeja.conversations.models import ContactField, Tag
from bandeja.conversations.tags import MOST as MOST_TAGS
from bandeja.imports import reading
from bandeja.imports.cells import Reader, Told
from bandeja.imports.models import Import, Outcome
from bandeja.people.models import Permission

CELL_LENGTH = 2_000
"""Letters kept of a cell, to be handed back when its row is refused."""
LAST = 2**31 - 1
"""No row has a larger number."""
COPY = """
    copy contact_import_row (
        batch_id, number, name, email, phone, numbers, details, tags, cells, is_bad, outcome, fault, said, header
    ) from stdin
"""


def stage(each: Import) -> None:
    """Write down what each row of a file says, with what is wrong with it whatever the workspace knows."""
    each.lines.all().delete()
    fields = list(ContactField.objects.filter(workspace_id=each.workspace_id))
    reader, sorts = Reader(each.headers, each.columns, fields, each.calling), _Sorts(each)
    # While rows are copied the connection answers nothing else: all that must be asked has been.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY) as copy:
        for number, cells, told in _understood(each, reader, sorts):
            copy.write_row((
                each.pk, number, told.name, told.email, told.phone, told.numbers,
                msgspec.json.encode(told.details).decode(), told.tags, [cell[:CELL_LENGTH] for cell in cells],
                told.fault != "", Outcome.REFUSED.value if told.fault else Outcome.NEW.value, told.fault, told.said,
                told.header,
            ))  # fmt: skip


def _understood(each: Import, reader: Reader, sorts: _Sorts) -> Iterator[tuple[int, list[str], Told]]:
    rows = reading.table(bytes(each.content or b"").decode(each.encoding), each.delimiter)
    next(rows, None)
    phones: dict[str, int] = {}
    emails: dict[str, int] = {}
    for number, cells in rows:
        told = reader.read(cells)
        if not told.fault:
            told.fault, told.said = sorts.fault(told.tags)
        if not told.fault:
            _once(told, number, phones, emails)
        yield number, cells, told


def _once(told: Told, number: int, phones: dict[str, int], emails: dict[str, int]) -> None:
    """Whoever two rows of a file are about is the first one's, in whichever form their number is written."""
    first_phone = min((phones[form] for form in told.numbers if form in phones), default=number)
    if first_phone < number:
        told.fault, told.said = "twice_phone", str(first_phone)
    elif told.email in emails:
        told.fault, told.said = "twice_email", str(emails[told.email])
    else:
        phones.update(dict.fromkeys(told.numbers, number))
        emails.update({told.email: number} if told.email else {})


class _Sorts:
    """The tags there are and may be made, for a workspace and who imports."""

    def __init__(self, each: Import) -> None:
        names = Tag.objects.filter(workspace_id=each.workspace_id).values_list("name", flat=True)
        self._known = {name.lower() for name in names}
        self._may = bool(each.agent and each.agent.may(Permission.MANAGE_TAGS))

    def fault(self, names: list[str]) -> tuple[str, str]:
        """What is wrong with a row that names these, and the first name it is about."""
        for name in names:
            if name.lower() in self._known:
                continue
            if not self._may:
                return "no_tag", name
            if len(self._known) >= MOST_TAGS:
                return "many_tags", name
            self._known.add(name.lower())
        return "", ""
