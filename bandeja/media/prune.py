"""Pruning: files whose attachment is erased, uploads that were never sent, and nothing else."""

from __future__ import annotations

from django.db import connection

from bandeja.media.models import ErasedFile
from bandeja.media.storage import storage

BATCH = 100


def step() -> int:
    """Do one small batch; answers how many uploads and files went."""
    storage().clear()
    return _uploads() + _files()


def _uploads() -> int:
    """A day after they were handed over: those never sent leave their files to be erased, the others only the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from upload where id in (
                   select id from upload where created_at < bandeja_now() - interval '1 day'
                   order by created_at limit %s for update skip locked
               )""",
            [BATCH],
        )
        return int(cursor.rowcount)


def _files() -> int:
    """An hour after they were erased: whoever was still fetching or serving one is done by then.

    The storage first and the note of it last: a process killed in between does it again, and forgets nothing.
    """
    erased = list(
        ErasedFile.objects.raw(
            "select * from erased_file where erased_at < bandeja_now() - interval '1 hour' order by id limit %s",
            [BATCH],
        )
    )
    for each in erased:
        storage().delete(each.file)
    ErasedFile.objects.filter(pk__in=[each.pk for each in erased]).delete()
    return len(erased)
