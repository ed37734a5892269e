"""A fresh workspace out of a file of one: all of it in one transaction, or nothing.

Nothing is set off by it: events come back numbered below zero, where no reader looks, clocks do not run, accounts are
disconnected, flows are off and webhooks are disabled. What was armed is not armed here: nothing was received under a
cover of this installation (closing R6), so nothing closes by a rule until a contact writes on an account that was
connected again.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

import msgspec
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg.errors import StatementTooComplex

from bandeja.closing.coverage import entitles
from bandeja.conversations.sql import statement
from bandeja.media.models import ErasedFile
from bandeja.media.storage import THUMB, new_key, storage
from bandeja.moving import manifest as said
from bandeja.moving import words
from bandeja.moving.kinds import KINDS, Kind
from bandeja.moving.manifest import Manifest
from bandeja.moving.pack import CHUNK
from bandeja.notifications.digest import schedule
from bandeja.notifications.models import Preference
from bandeja.people.clock import database_now
from bandeja.people.models import ADMIN_PERMISSIONS, Agent, Role, Workspace
from bandeja.seal import seal
from bandeja.webhooks.models import Webhook
from bandeja.webhooks.signing import new_secret

GRACE = timedelta(days=1)
"""How long files of an import that was killed stay before they are erased: none takes so long."""
LONGEST_LINE = 64 * 1024 * 1024
STAYS = """
    delete from erased_file
    where file in (select new from pg_temp.kept_file) and file in (
        select file from attachment where workspace_id = %s
        union all
        select thumb from attachment where workspace_id = %s
    )
"""
"""Of the files that were kept, those that a row names stay."""

PREPARE = statement("bandeja.moving", "prepare")


class Unfit(Exception):
    """A file that is not brought in; the message is one sentence for the operator. Nothing was written."""


def bring(path: Path) -> Workspace:
    """A new workspace out of the file at `path`. Raises Unfit, OSError."""
    try:
        with ZipFile(path) as archive:
            manifest = _manifest(archive)
            _require_free(archive, manifest)
            keys = _keep_files(archive, manifest)
            return _workspace(archive, manifest, keys)
    except (BadZipFile, zlib.error) as error:
        raise Unfit(f"{path} is no file of a workspace, or was damaged: {error}.") from error
    except (ValueError, LookupError, TypeError, RuntimeError, msgspec.MsgspecError) as error:
        raise Unfit(f"This file does not hold together: {type(error).__name__}: {error}.") from error


def _manifest(archive: ZipFile) -> Manifest:
    try:
        long = archive.getinfo(said.NAME).file_size > LONGEST_LINE
    except KeyError:
        raise Unfit("This is no file of a workspace: it has no manifest.") from None
    if long:
        raise Unfit("This is no file of a workspace: its manifest is too long.")
    text = archive.read(said.NAME)
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise Unfit(f"This is no file of a workspace: its manifest cannot be read ({error}).") from error
    if manifest.format != said.FORMAT:
        raise Unfit("This is no file of a workspace: its manifest says otherwise.")
    if manifest.version != said.VERSION:
        raise Unfit(
            f"This file is of version {manifest.version} and this Bandeja reads version {said.VERSION}. "
            "Bring it in with the Bandeja that made it, or a newer one."
        )
    if unknown := set(manifest.kinds) - {kind.name for kind in KINDS}:
        raise Unfit(f"This file has what this Bandeja does not know: {', '.join(sorted(unknown))}. Upgrade it first.")
    return manifest


def _require_free(archive: ZipFile, manifest: Manifest) -> None:
    """One workspace, whose people's addresses are nobody's here: an address signs in to one workspace."""
    if len(list(islice(_lines(archive, "workspace.jsonl"), 2))) != 1 or "workspace" not in manifest.kinds:
        raise Unfit("This is no file of a workspace: it has none, or several.")
    try:
        emails = sorted(str(msgspec.json.decode(line)["email"]) for line in _lines(archive, "agent.jsonl"))
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        raise Unfit(f"This file does not hold together: its people cannot be read ({error}).") from error
    taken = [email for email in emails if Agent.objects.filter(email__iexact=email).exists()]
    if taken:
        raise Unfit(
            f"{', '.join(taken[:5])} {'is' if len(taken) == 1 else 'are'} of people in this installation already: "
            "bring the file into one that has no workspace with them."
        )


def _keep_files(archive: ZipFile, manifest: Manifest) -> dict[str, str]:
    """Keep the files of messages under new keys, by their names in the archive.

    Each is noted as one to be erased before it is there, and no more once the rows that name it are: so what fails
    or is killed leaves nothing behind.
    """
    now = database_now()
    keys: dict[str, str] = {}
    for name, digest in manifest.files.items():
        suffix = THUMB if name.endswith(".thumb") else ""
        base = name.removesuffix(".thumb")
        keys[name] = f"{keys.get(base) or new_key(0, now)}{suffix}"
        ErasedFile.objects.create(file=keys[name], erased_at=now + GRACE)
        with TemporaryFile() as part:
            if _copied(archive, name, part) != digest:
                raise Unfit(f"{name} in this file is not what it was: the file was damaged or changed.")
            part.seek(0)
            storage().keep(keys[name], cast("BinaryIO", part))
    return keys


def _copied(archive: ZipFile, name: str, into: Any) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
                into.write(piece)
    except KeyError:
        raise Unfit(f"{name} is missing in this file.") from None
    return digest.hexdigest()


def _workspace(archive: ZipFile, manifest: Manifest, keys: Mapping[str, str]) -> Workspace:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(PREPARE)
            for kind in KINDS:
                if kind.name in manifest.kinds:
                    _load(archive, kind, manifest)
            _number()
            _note_files(keys)
            _reword()
            for kind in KINDS:
                if kind.name in manifest.kinds:
                    _insert(kind, manifest.kinds[kind.name].columns)
            workspace = _finish()
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")
    except (IntegrityError, DataError, OperationalError) as error:
        if isinstance(error, OperationalError) and not isinstance(error.__cause__, StatementTooComplex):
            raise
        raise Unfit(f"This file does not hold together: {str(error).splitlines()[0]}.") from error
    return workspace


def _load(archive: ZipFile, kind: Kind, manifest: Manifest) -> None:
    """One kind's rows as they stand in the file; what is not as the manifest says is refused."""
    part, digest, count = manifest.kinds[kind.name], hashlib.sha256(), 0
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy("copy pg_temp.incoming (kind, line) from stdin") as copy,
    ):
        for line in _lines(archive, f"{kind.name}.jsonl"):
            digest.update(line)
            count += 1
            copy.write_row((kind.name, line.decode().rstrip("\n")))
    if (count, digest.hexdigest()) != (part.rows, part.sha256):
        raise Unfit(f"{kind.name}.jsonl in this file is not what it was: the file was damaged or changed.")


def _lines(archive: ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as file:
            while line := file.readline(LONGEST_LINE):
                yield line
    except KeyError:
        raise Unfit(f"{name} is missing in this file.") from None


def _number() -> None:
    """The id of every row from here on, in the order they had."""
    with connection.cursor() as cursor:
        cursor.execute("create index on pg_temp.incoming (kind)")
        for kind in KINDS:
            if kind.has_own_key:
                cursor.execute(
                    """insert into pg_temp.moved_id (kind, old, new)
                       select %(kind)s, old, nextval(pg_get_serial_sequence(%(kind)s, 'id'))
                       from (
                           select (line ->> 'id')::bigint as old from pg_temp.incoming
                           where kind = %(kind)s order by 1
                       ) as told""",
                    {"kind": kind.name},
                )
        cursor.execute("analyze pg_temp.incoming; analyze pg_temp.moved_id")


def _note_files(keys: Mapping[str, str]) -> None:
    with connection.cursor() as cursor, cursor.copy("copy pg_temp.kept_file (old, new) from stdin") as copy:
        for row in keys.items():
            copy.write_row(row)


def _reword() -> None:
    """Put the ids of here into what is written down for machines."""
    for kind, columns in (
        ("flow", ("draft",)),
        ("flow_version", ("definition", "start")),
        ("saved_view", ("query",)),
    ):
        with connection.cursor() as cursor:
            cursor.execute("select (line ->> 'id')::bigint, line from pg_temp.incoming where kind = %s", [kind])
            for pk, line in cursor.fetchall():
                told = msgspec.json.decode(line) if isinstance(line, str) else line
                for column in columns:
                    told[column] = _worded(told[column])
                cursor.execute(
                    "update pg_temp.incoming set line = %s::jsonb where kind = %s and (line ->> 'id')::bigint = %s",
                    [msgspec.json.encode(told).decode(), kind, pk],
                )


def _worded(told: Any) -> Any:
    return words.query(told, _moved) if isinstance(told, str) else words.definition(told, _moved)


def _moved(kind: str, old: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("select new from pg_temp.moved_id where kind = %s and old = %s", [kind, old])
        found = cursor.fetchone()
    return found[0] if found else None


def _insert(kind: Kind, carried: list[str]) -> None:
    """All rows of a kind; columns that the file does not have yet are as those of a new row."""
    told = {column: _value(kind, column) for column in kind.columns if column in carried}
    values = {**told, **kind.put}
    named = ", ".join(f'"{column}"' for column in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into "{kind.name}" ({named})
                select {", ".join(values.values())}
                from pg_temp.incoming
                cross join lateral jsonb_populate_record(null::"{kind.name}", incoming.line) as told
                where incoming.kind = %s
                order by told."{kind.key}\"""",  # noqa: S608  names of our own tables and columns
            [kind.name],
        )


def _value(kind: Kind, column: str) -> str:
    refers = kind.name if column == kind.key and kind.has_own_key else kind.references.get(column)
    return f"pg_temp.moved('{refers}', told.\"{column}\")" if refers else f'told."{column}"'


def _finish() -> Workspace:
    """What no file says: whether the plan has closing rules, from now on; all that administrators may here; when who
    chose it is next told by e-mail; secrets of here.
    """
    with connection.cursor() as cursor:
        cursor.execute("select new from pg_temp.moved_id where kind = 'workspace'")
        workspace = Workspace.objects.get(pk=cursor.fetchone()[0])
    if entitles(workspace.plan, workspace.addons):
        workspace.entitled_since = database_now()
        workspace.save(update_fields=["entitled_since"])
    for webhook in Webhook.objects.filter(workspace=workspace):
        Webhook.objects.filter(pk=webhook.pk).update(secret=seal(new_secret()))
    Role.objects.filter(workspace=workspace, key="admin").update(permissions=ADMIN_PERMISSIONS)
    for chosen in Preference.objects.filter(agent__workspace=workspace):
        schedule(chosen, workspace)
    with connection.cursor() as cursor:
        cursor.execute(STAYS, [workspace.pk, workspace.pk])
    return workspace
