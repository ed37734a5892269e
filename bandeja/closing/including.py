"""Including what is open without a clock: how many there are, asking for it, stopping it, taking it back (closing I).

Asking writes down who and when; the worker does it, see `inclusions`. No gate is passed here: an inclusion heeds only
cover that has no gap since it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from bandeja.channels.models import Account
from bandeja.closing import coverage
from bandeja.closing.looking import looking
from bandeja.closing.models import UNDER_WAY, Halt, Inclusion, Rule, Stage
from bandeja.conversations.bell import ring_all
from bandeja.conversations.lifecycle import INCLUDABLE
from bandeja.conversations.sql import as_json, statement
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

INCLUSION_BELL = "bandeja_inclusions"
"""The NOTIFY channel of inclusions that wait for a worker; it says no more."""
LATELY = timedelta(days=7)
"""How long an inclusion is shown with its rule after its end: as long as it may be taken back."""

COUNT = statement("bandeja.closing", "includable").replace("{includable}", INCLUDABLE)


class NothingCovered(Exception):
    """The rule is off, the plan has none, or none of its accounts is connected: no clock would run."""


class UnderWay(Exception):
    """One of this rule is under way already."""


def count(workspace: Workspace, account_ids: Iterable[int], rule_id: int | None) -> Mapping[int, int]:
    """How many may be included on each of these accounts if this rule covers them, None for one that is not yet.

    Reads only. Raises looking.TooMuch and looking.Busy.
    """
    here = Account.objects.filter(workspace=workspace, pk__in=list(account_ids), disconnected_at=None)
    covers = coverage.clock(list(here.values_list("pk", flat=True)))
    begins = {pk: cover.begins for pk, cover in covers.items() if cover.rule_id == rule_id}
    places = [{"account_id": pk, "begins": begins.get(pk)} for pk in here.values_list("pk", flat=True)]
    with looking(workspace.pk) as cursor:
        cursor.execute(COUNT, {"workspace": workspace.pk, "places": as_json(places)})
        return dict(cursor.fetchall())


def ask(rule_id: int, *, workspace: Workspace, by: Agent, with_save: bool = False) -> Inclusion:
    """Have what is open without a clock included in this rule; the worker does it.

    Raises Rule.DoesNotExist, NothingCovered and UnderWay.
    """
    with transaction.atomic():
        # As the verbs of rules do: what is read here stays so, and two who ask at once follow one another.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        rule = Rule.objects.get(pk=rule_id, workspace=workspace)
        if not any(cover.rule_id == rule_id for cover in coverage.clocks(workspace.pk).values()):
            raise NothingCovered("No account is covered by this rule now.")
        if of_rule(workspace.pk, rule_id).filter(stage__in=UNDER_WAY).exists():
            raise UnderWay("One of this rule is under way already.")
        asked = Inclusion.objects.create(
            workspace=workspace, rule_id=rule_id, rule_name=rule.name, agent=by, with_save=with_save,
            created_at=database_now(),
        )  # fmt: skip
        call(asked)
    return asked


def cancel(inclusion: Inclusion) -> bool:
    """Stop it, or its undoing, where it is; what was done stands. Answers whether it was under way."""
    with transaction.atomic():
        held = Inclusion.objects.select_for_update(of=("self",)).get(pk=inclusion.pk)
        if not held.is_under_way:
            return False
        end(held, Halt.CANCELLED)
        held.save()
        ring_all(held.workspace_id)
    return True


def undo(inclusion: Inclusion, *, by: Agent) -> bool:
    """Take it back; the worker does it. Answers whether there was something to take back, and still time."""
    with transaction.atomic():
        held = Inclusion.objects.select_for_update(of=("self",)).get(pk=inclusion.pk)
        if not held.may_be_undone(database_now()):
            return False
        held.stage, held.halted, held.cursor, held.undone_by = Stage.UNDOING, "", 0, by
        held.save(update_fields=["stage", "halted", "cursor", "undone_by"])
        call(held)
    return True


def end(inclusion: Inclusion, halt: str = "", at: datetime | None = None) -> None:
    """It is over, or its undoing is, and the audit log says what came of it. The caller saves it."""
    now = at or database_now()
    inclusion.halted = halt
    if inclusion.stage == Stage.UNDOING:
        inclusion.stage, inclusion.undone_at = Stage.UNDONE, now
        _record(inclusion, Action.INCLUSION_UNDONE, inclusion.undone_by, excluded=inclusion.excluded)
    else:
        inclusion.stage, inclusion.ended_at = Stage.ENDED, now
        _record(inclusion, Action.CLOSING_INCLUDED, inclusion.agent, included=inclusion.included)


def _record(inclusion: Inclusion, action: Action, by: Agent | None, **counted: int) -> None:
    about = inclusion.workspace
    audit.record(
        Subject.WORKSPACE, about, action, workspace_id=about.pk, name=about.name, by=by,
        after={"rule": inclusion.rule_name, **counted},
    )  # fmt: skip


def call(inclusion: Inclusion) -> None:
    """Wake a worker at commit, and have pages show what waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [INCLUSION_BELL])
    ring_all(inclusion.workspace_id)


def of_rule(workspace_id: int, rule_id: int) -> QuerySet[Inclusion]:
    """Those of a rule, the latest first."""
    return Inclusion.objects.filter(workspace_id=workspace_id, rule_id=rule_id).order_by("-pk")


def latest(workspace_id: int) -> Sequence[Inclusion]:
    """The latest inclusion of each rule of a workspace."""
    found = Inclusion.objects.filter(workspace_id=workspace_id).order_by("rule_id", "-pk").distinct("rule_id")
    return list(found.select_related("agent", "undone_by"))


def is_lately(inclusion: Inclusion, now: datetime) -> bool:
    """Whether it is under way, or ended not long ago."""
    return inclusion.ended_at is None or inclusion.ended_at + LATELY > now
