"""What people do with a file of contacts: hand it over, say what its columns are, confirm, cancel."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from bandeja.channels.reading import line
from bandeja.conversations.models import ContactField
from bandeja.imports import carrying, reading
from bandeja.imports.guessing import guess
from bandeja.imports.models import Import, Stage
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

AT_ONCE = 1_000
"""Rows that are read, or written, while the person waits; more are the worker's."""
BELL = "bandeja_imports"
"""The NOTIFY channel of imports that wait for a worker; it says no more."""
NAME_LENGTH = 200


class TooLate(Exception):
    """It is further than that already."""


def take(agent: Agent, name: str, content: bytes) -> Import:
    """Keep a file, with a guess of what its columns are; another of theirs that waits is dropped. Raises Unfit."""
    sheet = reading.sheet(content)
    fields = ContactField.objects.filter(workspace_id=agent.workspace_id).order_by("pk")
    with transaction.atomic():
        waiting = (Stage.MATCHING, Stage.READY)
        Import.objects.filter(workspace_id=agent.workspace_id, agent=agent, stage__in=waiting).delete()
        return Import.objects.create(
            workspace_id=agent.workspace_id, agent=agent, name=line(name, NAME_LENGTH) or "CSV", content=content,
            encoding=sheet.encoding, delimiter=sheet.delimiter, headers=sheet.headers, rows=sheet.rows,
            columns=guess(sheet.headers, fields),
        )  # fmt: skip


def match(pk: int, columns: Sequence[str], *, calling: str, keeps: bool) -> Import:
    """Say what its columns are, and have it read. Raises TooLate."""
    with transaction.atomic():
        found = _held(pk, Stage.MATCHING, Stage.READING, Stage.READY)
        found.columns, found.calling, found.keeps = list(columns), calling, keeps
        _begin(found, Stage.READING)
    return _few(found)


def confirm(pk: int, agent: Agent) -> Import:
    """Have it written, by whoever says so. Raises TooLate."""
    with transaction.atomic():
        found = _held(pk, Stage.READY)
        found.agent, found.content = agent, None
        _begin(found, Stage.WRITING)
    return _few(found)


def cancel(pk: int) -> Import:
    """Stop where it is; what was written stands. Raises TooLate."""
    with transaction.atomic():
        found = _held(pk, Stage.MATCHING, Stage.READING, Stage.READY, Stage.WRITING)
        carrying.end(found, Stage.CANCELLED)
    return found


def _held(pk: int, *stages: Stage) -> Import:
    found = Import.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=pk).first()
    if found is None:
        raise TooLate("Another file took its place.")
    if found.stage not in stages:
        raise TooLate(f"It is {found.stage}.")
    return found


def _begin(found: Import, stage: Stage) -> None:
    found.stage, found.cursor, found.stepped_at = stage, 0, database_now()
    found.save()
    if found.rows > AT_ONCE:
        with connection.cursor() as cursor:
            cursor.execute("select pg_notify(%s, '')", [BELL])


def _few(found: Import) -> Import:
    """Do at once what is soon done; the worker does the same should this be cut off."""
    if found.rows <= AT_ONCE:
        carrying.carry(found.pk)
    return Import.objects.filter(pk=found.pk).first() or found
