"""Pausing: nothing closes by a rule while it lasts, and nothing at the instant it ends (closing H1 to H4).

A pause is a row, and writes no conversation, however many there are. The sweep leaves out what is paused; whatever
ran out by its end starts anew then, which is worked out when a row is looked at (`deadline.py`, `sql/anew.sql`).
Like the verbs of rules these pass the gates of the accounts alone before they stamp their instant: once a pause has
committed, nothing closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from bandeja.channels import gate
from bandeja.channels.models import Account
from bandeja.channels.reading import clean, is_visible
from bandeja.closing.models import REASON_LENGTH, Pause
from bandeja.conversations.bell import ring_all
from bandeja.conversations.models import Conversation
from bandeja.conversations.sql import run, statement
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

CATCH_UP = timedelta(hours=1)
"""For how long an account whose fault is over stays paused while what it missed is fetched."""

FAULTS = statement("bandeja.closing", "faults")
ALL_FAULTS = FAULTS.replace("{which}", "(health.account_id is not null or pause.id is not null)")
FAULTS_OF_ONE = FAULTS.replace("{which}", "account.id = %(account)s")
SETTLE = statement("bandeja.closing", "settle")


class NoReason(ValueError):
    """Whoever pauses says why: 1 to `REASON_LENGTH` signs."""


def pause(workspace: Workspace, *, by: Agent | None, why: str, at: datetime | None = None) -> tuple[Pause, bool]:
    """Pause closing on all accounts, until somebody resumes it; answers the pause, and whether it is new.

    One that lasts already stays as it is. Raises NoReason.
    """
    why = clean(why).strip()
    if not is_visible(why) or len(why) > REASON_LENGTH:
        raise NoReason(f"Say why, in 1 to {REASON_LENGTH} signs.")
    with transaction.atomic():
        kept = _enter(workspace)
        lasting = Pause.objects.filter(workspace=kept, account=None, until=None).first()
        if lasting:
            return lasting, False
        now = at or database_now()
        who = {"agent_id": by.pk, "agent_name": str(by)} if by else {}
        made = Pause.objects.create(workspace=kept, since=now, why=why, **who)
        _record(kept, Action.CLOSING_PAUSED, by, now, why)
        ring_all(kept.pk)
    return made, True


def resume(workspace: Workspace, *, by: Agent | None, at: datetime | None = None) -> bool:
    """End the pause of all accounts: closes nothing at that instant. Answers whether there was one."""
    with transaction.atomic():
        kept = _enter(workspace)
        lasting = Pause.objects.filter(workspace=kept, account=None, until=None).first()
        if lasting is None:
            return False
        now = at or database_now()
        Pause.objects.filter(pk=lasting.pk).update(until=now)
        _record(kept, Action.CLOSING_RESUMED, by, now, lasting.why)
        ring_all(kept.pk)
    return True


def heed(workspace: Workspace, *, faults: bool, by: Agent | None) -> bool:
    """Say whether closing is paused on an account while a fault disconnects it; answers whether that changed.

    `follow` begins and ends the pauses that follow from it.
    """
    with transaction.atomic():
        kept = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        before, kept.heeds_faults = kept.heeds_faults, faults
        kept.save(update_fields=["heeds_faults"])
        return audit.record(
            Subject.WORKSPACE,
            kept,
            Action.CHANGED,
            workspace_id=kept.pk,
            name=kept.name,
            by=by,
            before={"heeds_faults": before},
            after={"heeds_faults": faults},
        )


def in_force(workspace_id: int) -> Sequence[Pause]:
    """The pauses that last: that of all accounts first, then those of single ones."""
    lasting = Pause.objects.filter(workspace_id=workspace_id, until=None, settled=False).select_related("account")
    return sorted(lasting, key=lambda each: (each.account_id is not None, str(each.account)))


def latest(workspace_id: int, most: int) -> Sequence[Pause]:
    """The latest pauses, the newest first."""
    found = Pause.objects.filter(workspace_id=workspace_id).select_related("account").order_by("-since", "-pk")
    return list(found[:most])


def of_conversation(conversation: Conversation, since: datetime) -> QuerySet[Pause]:
    """The pauses that concern its account and lasted until after `since`, in the order they began."""
    concerns = (Q(account=None) | Q(account=conversation.account_id)) & (Q(until=None) | Q(until__gt=since))
    found = Pause.objects.filter(concerns, workspace_id=conversation.workspace_id)
    return found.select_related("account").order_by("since", "pk")


def ended(pauses: Iterable[Pause]) -> Sequence[Pause]:
    """Of an account's pauses in the order they began, those whose end was one: not while another lasted."""
    ends: list[Pause] = []
    last: Pause | None = None
    for each in pauses:
        if last and last.until and each.since > last.until:
            ends.append(last)
            last = each
        elif last is None or (last.until and (each.until is None or each.until > last.until)):
            last = each
    return [*ends, last] if last and last.until else ends


def step() -> int:
    """What the worker repeats: pause and resume accounts as their faults come and go; answers how many it changed."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
    return follow()


def follow(*, at: datetime | None = None) -> int:
    """Begin a pause on every account that a fault disconnects, and end those whose fault is over (closing H4)."""
    with run(ALL_FAULTS, {"patience": CATCH_UP}) as cursor:
        found = [row[0] for row in cursor.fetchall()]
    return sum(_follow(account_id, at) for account_id in found)


def _follow(account_id: int, at: datetime | None) -> bool:
    """Behind the account's gate, where it is looked at once more."""
    with transaction.atomic():
        gate.enter_alone([account_id])
        with run(FAULTS_OF_ONE, {"account": account_id, "patience": CATCH_UP}) as cursor:
            found = cursor.fetchone()
        if found is None:
            return False
        now = at or database_now()
        account = Account.objects.get(pk=account_id)
        lasting = Pause.objects.filter(account=account, until=None)
        match found[1]:
            case "begin":
                Pause.objects.create(workspace_id=account.workspace_id, account=account, since=now)
            case "catch up":
                Pause.objects.create(workspace_id=account.workspace_id, account=account, since=now, mended_at=now)
            case "mend":
                lasting.update(mended_at=now)
            case "break":
                lasting.update(mended_at=None)
            case "end":
                lasting.update(until=now)
        ring_all(account.workspace_id)
    return True


def _enter(workspace: Workspace) -> Workspace:
    """The workspace, held, behind the gates of all its accounts: what is connected meanwhile is in no rule yet."""
    kept = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    gate.enter_alone(Account.objects.filter(workspace=kept).values_list("pk", flat=True))
    return kept


def _record(workspace: Workspace, action: Action, by: Agent | None, at: datetime, why: str) -> None:
    audit.record(
        Subject.WORKSPACE,
        workspace,
        action,
        workspace_id=workspace.pk,
        name=workspace.name,
        by=by,
        at=at,
        after={"why": why},
    )
