"""A whole workspace into one zip: a .jsonl for each kind of row, the files of messages beside them, a manifest last.

Everything is read in one snapshot, and row by row: nothing is held in memory but the row at hand.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec
from django.db import connection, transaction

from bandeja.conversations.models import Attachment, FileState
from bandeja.media.storage import storage
from bandeja.moving.kinds import KINDS, Kind
from bandeja.moving.manifest import FORMAT, NAME, VERSION, Manifest, Part
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace

CHUNK = 1024 * 1024
AT_ONCE = 500


class Exists(Exception):
    """There is a file of that name already: it may be the only copy of something."""


def export(workspace: Workspace, path: Path) -> Manifest:
    """Write `workspace` into a new file at `path`; what fails leaves none. Raises Exists, OSError.

    What is killed leaves a part, which has no manifest and is no whole zip: nothing brings it in.
    """
    try:
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Exists(f"{path} is there already.") from error
    try:
        with os.fdopen(made, "wb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED) as archive, snapshot():
                manifest = _write(workspace, archive)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return manifest


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that sees everything as it was when it began, and writes nothing."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def _write(workspace: Workspace, archive: ZipFile) -> Manifest:
    now = database_now()
    files, missing, thumbless = _files(workspace, archive)
    params = {"workspace": workspace.pk, "missing": missing, "thumbless": thumbless}
    kinds = {kind.name: _rows(kind, params, archive) for kind in KINDS}
    manifest = Manifest(FORMAT, VERSION, workspace.name, now.isoformat(), kinds, files, len(missing))
    archive.writestr(NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def _files(workspace: Workspace, archive: ZipFile) -> tuple[dict[str, str], list[int], list[int]]:
    """The files of messages, each under its attachment's id; the attachments whose file is not to be found; and
    those whose thumbnail alone is not.
    """
    sums: dict[str, str] = {}
    missing: list[int] = []
    thumbless: list[int] = []
    stored = Attachment.objects.filter(workspace_id=workspace.pk, state=FileState.STORED).order_by("pk")
    for pk, file, thumb in stored.values_list("pk", "file", "thumb").iterator(AT_ONCE):
        if not _keep(file, f"files/{pk}", archive, sums):
            missing.append(pk)
        elif not _keep(thumb, f"files/{pk}.thumb", archive, sums):
            thumbless.append(pk)
    return sums, missing, thumbless


def _keep(key: str, name: str, archive: ZipFile, sums: dict[str, str]) -> bool:
    """Copy a file if there should be one; answers whether it is there."""
    try:
        if key:
            sums[name] = _copy(key, name, archive)
    except FileNotFoundError:
        return False
    return True


def _copy(key: str, name: str, archive: ZipFile) -> str:
    digest = hashlib.sha256()
    kept: Any = storage().open(key)
    with kept, archive.open(_info(name, ZIP_STORED), "w", force_zip64=True) as into:
        while piece := kept.read(CHUNK):
            digest.update(piece)
            into.write(piece)
    return digest.hexdigest()


def _rows(kind: Kind, params: dict[str, Any], archive: ZipFile) -> Part:
    """One kind's rows, in order of their keys, as they come from the server."""
    digest, count = hashlib.sha256(), 0
    columns = ", ".join(f'{kind.said.get(each, each)} as "{each}"' for each in kind.columns)
    text = f"""select to_jsonb(each)::text
               from (select {columns} from "{kind.name}" where {kind.within}) as each
               order by each."{kind.key}\""""  # noqa: S608  names of our own tables and columns
    with connection.cursor() as cursor:
        query = cursor.mogrify(text, params)
        with (
            archive.open(_info(f"{kind.name}.jsonl", ZIP_DEFLATED), "w", force_zip64=True) as into,
            connection.wrap_database_errors,
            cursor.copy(f"copy ({query}) to stdout") as copy,
        ):
            for (line,) in copy.rows():
                written = f"{line}\n".encode()
                digest.update(written)
                into.write(written)
                count += 1
    return Part(count, kind.columns, digest.hexdigest())


def _info(name: str, how: int) -> ZipInfo:
    info = ZipInfo(name)
    info.compress_type = how
    info.external_attr = 0o600 << 16
    return info
