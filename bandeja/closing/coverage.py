"""Which rule covers an account, and since when without a gap; and the plan that allows it (closing R5, R6, R10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from bandeja.channels import gate
from bandeja.channels.models import Account
from bandeja.closing.deadline import Cover, Stretch, runs_on
from bandeja.closing.options import Options
from bandeja.conversations.bell import ring_all
from bandeja.conversations.sql import run, statement
from bandeja.hours.timeline import Timeline
from bandeja.hours.writing import timelines
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import INBOX_ADDON, Action, Plan, Subject, Workspace

ANEW = statement("bandeja.closing", "anew")
OVER = statement("bandeja.closing", "over")
COVERS = statement("bandeja.closing", "covers")
HOURS = 10
"""Where covers.sql says by which versions of calendars its times counted."""
OF_ACCOUNTS = COVERS.replace("{which}", "coverage.account_id = any(%(accounts)s)")
OF_WORKSPACE = COVERS.replace("{which}", "account.workspace_id = %(workspace)s")


def over(*, start: str, by: str) -> str:
    """When a time of `by` that counts from `start` is over, in SQL; `Stretch.over` says it in Python."""
    return OVER.replace("{start}", start).replace("{by}", by)


def anew(**named: str) -> str:
    """What a clock counts from, in SQL, with these for the names in `anew.sql`; `Cover.anew` says it in Python."""
    answered = f"stretch.answers and {named['answered_at']} <= ends.at"
    counts = f"case when {answered} then greatest(chain.at, {named['answered_at']}) else chain.at end"
    text = ANEW.replace("{over}", over(start=counts, by="stretch"))
    for name, said in named.items():
        text = text.replace(f"{{{name}}}", said)
    return text


def clock(account_ids: Sequence[int]) -> dict[int, Cover]:
    """The cover of those of these accounts that have one now.

    Read it behind the accounts' gates to act on it: then nobody changes it until the transaction ends.
    """
    return _read(OF_ACCOUNTS, {"accounts": list(account_ids)})


def clocks(workspace_id: int) -> dict[int, Cover]:
    """The cover of those accounts of a workspace that have one now."""
    return _read(OF_WORKSPACE, {"workspace": workspace_id})


def deadlines(
    account_ids: Collection[int],
) -> Callable[[int, datetime, datetime | None, datetime | None], tuple[datetime, datetime] | None]:
    """Answers what tells a clock of one of these accounts, by when it was armed, when we answered, and when we
    wrote last in what we began and nobody answered.

    That is what it counts from and its deadline, or None where none runs. It says itself what it counts from, for the
    pause that put it off is not known for ever (`settle.sql`). While closing is paused it is what it would be if that
    were not: what is taken back then has its clock, which runs on as those of others do (closing H2, U3). Ask it
    behind their gates, as `clock`.
    """
    covers = clock(sorted(account_ids))

    def tell(
        account_id: int, armed_at: datetime, answered_at: datetime | None, unheard_at: datetime | None
    ) -> tuple[datetime, datetime] | None:
        cover = covers.get(account_id)
        cover = cover.of(unheard_at) if cover else None
        found = runs_on(armed_at, cover, answered_at)
        return (cover.anew(armed_at, answered_at), found.until) if cover and found else None

    return tell


def _read(text: str, params: dict[str, object]) -> dict[int, Cover]:
    with run(text, params) as cursor:
        rows = cursor.fetchall()
    known = timelines(pk for row in rows for pk in row[HOURS] if pk)
    return {row[0]: _cover(row, known) for row in rows}


def _cover(row: Sequence[Any], known: Mapping[int, Timeline]) -> Cover:
    _account_id, rule_id, name, amount, unit, reason, begins, *rest = row
    times, (*options, paused_at, ends, _unheard_begins) = stretches(*rest[:7], known=known), rest[7:]
    return Cover(rule_id, name, amount, unit, reason, begins, times, Options(*options), paused_at, ends)


def stretches(
    seconds: Sequence[int], until: Sequence[datetime | None], answers: Sequence[bool], hours: Sequence[int | None],
    whole_days: Sequence[bool], unheard: Sequence[int | None], unheard_days: Sequence[bool], *,
    known: Mapping[int, Timeline],
) -> tuple[Stretch, ...]:  # fmt: skip
    """The times of a rule, in order; `known` is what is open by each version of a calendar."""
    columns = zip(seconds, until, answers, hours, whole_days, unheard, unheard_days, strict=True)
    return tuple(
        Stretch(time, ended, counts, known[pk] if pk else None, *rest) for time, ended, counts, pk, *rest in columns
    )


def is_entitled(workspace: Workspace) -> bool:
    """Whether the plan has the feature: Pro with the Inbox add-on (closing R5)."""
    return workspace.entitled_since is not None


def entitles(plan: str, addons: Sequence[str]) -> bool:
    """Whether such a plan has the feature (closing R5)."""
    return plan == Plan.PRO and INBOX_ADDON in addons


def entitle(workspace: Workspace, *, plan: str, addons: Sequence[str], at: datetime | None = None) -> None:
    """Change the plan. Losing the feature stops every clock at once; getting it back is a new start (closing R5)."""
    entitled = entitles(plan, addons)
    with transaction.atomic():
        # The workspace first, as rules do: an account connected meanwhile is in no rule until this is over.
        kept = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        gate.enter_alone(Account.objects.filter(workspace=kept).values_list("pk", flat=True))
        since = kept.entitled_since or at or database_now()
        before = {"plan": kept.plan, "addons": kept.addons}
        kept.plan, kept.addons, kept.entitled_since = plan, list(addons), since if entitled else None
        kept.save(update_fields=["plan", "addons", "entitled_since"])
        ring_all(kept.pk)
        audit.record(
            Subject.WORKSPACE,
            kept,
            Action.CHANGED,
            workspace_id=kept.pk,
            name=kept.name,
            by=None,
            at=at,
            before=before,
            after={"plan": plan, "addons": list(addons)},
        )
