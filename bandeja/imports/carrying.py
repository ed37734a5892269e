"""Carrying imports out: reading a file in one transaction, writing its rows a batch at a time.

Each batch is one transaction with its cursor and is judged anew: what was edited, merged or made since the preview
counts as it is now. A worker killed half-way has written whole batches, and the next goes on after them.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop

from bandeja.channels import gate
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations import tags
from bandeja.conversations.bell import ring_all
from bandeja.conversations.models import Tag
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.imports import staging
from bandeja.imports.models import Import, Outcome, Row, Stage
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Permission, Subject

log = logging.getLogger(__name__)

BATCH = 250
"""Rows written behind the gates of all accounts: nothing is received or closed there in this fraction of a second."""
KEPT_FOR = timedelta(days=7)
"""How long a file that nobody confirmed is kept, and the refused rows of one that was imported."""

NEXT = statement("bandeja.imports", "next")
HOLD = statement("bandeja.imports", "hold")
JUDGE = statement("bandeja.imports", "judge")
WRITE = statement("bandeja.imports", "write")

UNTAGGED = """
    update contact_import_row as line
    set is_bad = true, outcome = 'refused', contact_id = null, fault = 'no_tag', said = (
        select called from unnest(line.tags) as called
        where not exists (
            select from tag where tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
        )
        limit 1
    )
    where batch_id = %(batch)s and not is_bad and exists (
        select from unnest(line.tags) as called
        where not exists (
            select from tag where tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
        )
    )
"""
"""Rows that name a tag which is not there, and which nobody may make."""

LEFT = gettext_noop("Whoever asked for it may not import contacts any more.")
FAILED = gettext_noop("Something went wrong that trying again would not change. What was imported until then stands.")
TAGS = gettext_noop("The workspace has too many tags by now. Delete some, and import the file again.")


def step() -> int:
    """Read one file, or write a batch of one: what the worker's loop repeats. Answers 1, or 0 if none waits."""
    with run(NEXT, {}) as cursor:
        found = cursor.fetchone()
    return _advance(found[0]) if found else 0


def carry(pk: int) -> None:
    """All of it that can be done now."""
    while _advance(pk):
        pass


def end(each: Import, stage: Stage, halted: str = "") -> None:
    """It is over: what was understood and not written is forgotten, what was refused is kept to be looked at."""
    was_writing = each.stage == Stage.WRITING
    done = each.lines.all() if stage == Stage.DONE else each.lines.filter(number__lte=each.cursor)
    if was_writing:
        _count(each, done)
    each.lines.exclude(pk__in=done.filter(outcome=Outcome.REFUSED).values("pk")).delete()
    each.stage, each.halted, each.content, each.ended_at = stage, halted, None, database_now()
    each.save()
    if was_writing:
        counts = {name: getattr(each, name) for name in ("added", "changed", "same", "refused")}
        audit.record(
            Subject.CONTACT, each, Action.IMPORTED, workspace_id=each.workspace_id, name=each.name, by=each.agent,
            after=counts,
        )  # fmt: skip
        ring_all(each.workspace_id)


def prune(limit: int = 10) -> int:
    """Forget files and rows of long ago; answers how many imports went."""
    old = Import.objects.filter(created_at__lt=database_now() - KEPT_FOR).exclude(stage=Stage.WRITING)
    return Import.objects.filter(pk__in=old.values("pk")[:limit]).delete()[1].get("imports.Import", 0)


def _advance(pk: int) -> int:
    try:
        with transaction.atomic():
            held = Import.objects.select_for_update(of=("self",), skip_locked=True).select_related("agent")
            each = held.filter(pk=pk, stage__in=(Stage.READING, Stage.WRITING)).first()
            if each is None:
                return 0
            _go_on(each)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("import %s failed", pk)
        with transaction.atomic():
            end(Import.objects.select_for_update(of=("self",)).get(pk=pk), Stage.HALTED, FAILED)
    return 1


def _go_on(each: Import) -> None:
    each.stepped_at = database_now()
    if each.agent is None or not each.agent.may(Permission.IMPORT_CONTACTS):
        end(each, Stage.HALTED, LEFT)
    elif each.stage == Stage.READING:
        _read(each)
    else:
        _write(each)


def _read(each: Import) -> None:
    """Understand every row, and what would come of it; nothing else is written."""
    staging.stage(each)
    with connection.cursor() as cursor:
        cursor.execute("analyze contact_import_row")
        cursor.execute(JUDGE, _params(each, 0, staging.LAST))
    _count(each, each.lines.all())
    each.stage = Stage.READY
    each.save()


def _write(each: Import) -> None:
    if each.cursor == 0 and not _make_tags(each):
        end(each, Stage.HALTED, TAGS)
        return
    left = each.lines.filter(number__gt=each.cursor).order_by("number").values_list("number", flat=True)
    numbers = list(left[:BATCH])
    if not numbers:
        end(each, Stage.DONE)
        return
    upto = numbers[-1]
    accounts = Account.objects.filter(workspace_id=each.workspace_id)
    gate.enter_alone(accounts.values_list("pk", flat=True))
    params = _params(each, each.cursor, upto)
    with connection.cursor() as cursor:
        # A guess of how many contacts there are, while they grow, must not lead past the indexes: it took seconds.
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(HOLD, params)
        cursor.execute(JUDGE, params)
        cursor.execute(WRITE, params)
    each.cursor = upto
    each.save()


def _make_tags(each: Import) -> bool:
    """Make the tags that rows name and that are not there; answers whether they fitted.

    Whoever confirms may be somebody else than who uploaded, and may make none: those rows are refused.
    """
    if not (each.agent and each.agent.may(Permission.MANAGE_TAGS)):
        with connection.cursor() as cursor:
            cursor.execute(UNTAGGED, {"batch": each.pk, "workspace": each.workspace_id})
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            """select min(called) from contact_import_row, unnest(tags) as called
               where batch_id = %s and not is_bad group by lower(called) order by 1""",
            [each.pk],
        )
        wanted = [called for (called,) in cursor.fetchall()]
    there = Tag.objects.filter(workspace_id=each.workspace_id).values_list("name", flat=True)
    known = {name.lower() for name in there}
    for called in wanted:
        if called.lower() in known:
            continue
        try:
            tags.make(each.workspace_id, called)
        except tags.NameTaken:
            continue  # somebody made it at this moment
        except tags.TooMany:
            return False
    return True


def _params(each: Import, after: int, upto: int) -> dict[str, Any]:
    whatsapp = Account.objects.filter(workspace_id=each.workspace_id, channel=ChannelKey.WHATSAPP).order_by("pk")
    return {
        "batch": each.pk,
        "workspace": each.workspace_id,
        "after": after,
        "upto": upto,
        "keeps": each.keeps,
        "lines": list(whatsapp.values_list("pk", flat=True)),
    }


def _count(each: Import, rows: QuerySet[Row]) -> None:
    counts = rows.aggregate(
        added=Count("pk", filter=Q(outcome=Outcome.NEW)),
        changed=Count("pk", filter=Q(outcome=Outcome.CHANGED)),
        same=Count("pk", filter=Q(outcome=Outcome.SAME)),
        refused=Count("pk", filter=Q(outcome=Outcome.REFUSED)),
    )
    for name, count in counts.items():
        setattr(each, name, count)
