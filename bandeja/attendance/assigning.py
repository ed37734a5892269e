"""Automatic assignment: what contacts open and nobody has goes to somebody who receives.

A loop of its own reads the openings as they are published (`conversations.events`), in the order they were committed.
Joining messages neither waits for it nor hears of it. One cursor's row is locked for a batch, so that any number of
workers give each conversation away once; what a person did meanwhile stands.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import heapify, heapreplace

from django.db import transaction
from django.db.models import Max

from bandeja.attendance.models import AutoAssignment, Cursor, Way
from bandeja.channels.models import Account
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM
from bandeja.conversations.lifecycle import Holder, To
from bandeja.conversations.models import Event
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import run, statement
from bandeja.people import audit
from bandeja.people.models import Action, Agent, Subject
from bandeja.people.presence import receivers

log = logging.getLogger(__name__)

BATCH = 500
AMONG = 500
"""Who has more conversations than this is as busy as their latest ones say."""

WAITS = statement("bandeja.attendance", "waits")
OPENED = statement("bandeja.attendance", "opened")
UNOWNED = statement("bandeja.attendance", "unowned")
LOADS = statement("bandeja.attendance", "loads")


def save(
    account: Account, way: Way, *, agent_id: int | None = None, team_id: int | None = None, by: Agent | None
) -> None:
    """Let an account assign by itself what is opened from here on; what was opened before stays as it is."""
    chosen = {"way": way, "agent_id": agent_id, "team_id": team_id}
    with _told(account, by):
        if not AutoAssignment.objects.filter(account=account).update(**chosen):
            latest = Event.objects.aggregate(latest=Max("number"))["latest"] or 0
            AutoAssignment.objects.update_or_create(account=account, defaults={**chosen, "after_number": latest})


def switch_off(account: Account, *, by: Agent | None) -> None:
    """Let an account assign nothing by itself."""
    with _told(account, by):
        AutoAssignment.objects.filter(account=account).delete()


@contextmanager
def _told(account: Account, by: Agent | None) -> Iterator[None]:
    """A transaction whose change of how an account assigns is kept in the audit log."""
    with transaction.atomic():
        before = snapshot(account)
        yield
        audit.record(
            Subject.ACCOUNT,
            account,
            Action.ASSIGNING_CHANGED,
            workspace_id=account.workspace_id,
            name=account.name,
            by=by,
            before=before,
            after=snapshot(account),
        )


def snapshot(account: Account) -> dict[str, str]:
    """How an account assigns as the audit log keeps it, to whom by name; blank is to nobody, or among everybody."""
    chosen = AutoAssignment.objects.filter(account=account).select_related("agent", "team").first()
    whom = (chosen.team or chosen.agent or "") if chosen else ""
    return {"way": chosen.way if chosen else "", "whom": str(whom)}


def step(limit: int = BATCH) -> int:
    """Give away the next openings, at most `limit`; answers how many it saw. Safe in any number of processes."""
    if not _any_waits():
        return 0
    with transaction.atomic():
        cursor = _cursor()
        opened = _opened(cursor.number, limit) if cursor else []
        if not opened:
            return 0
        for (workspace_id, to), ids in _given(_unowned(opened)).items():
            _give(workspace_id, to, ids)
        Cursor.objects.update(number=opened[-1][0])
    return len(opened)


def _any_waits() -> bool:
    """One look without a transaction: what an idle loop costs."""
    with run(WAITS, {}) as found:
        return found.fetchone() is not None


def _cursor() -> Cursor | None:
    """The place reached, locked; None while another worker holds it."""
    Cursor.objects.bulk_create([Cursor(pk=1)], ignore_conflicts=True)
    return Cursor.objects.select_for_update(skip_locked=True).first()


def _opened(after: int, limit: int) -> list[tuple[int, int]]:
    with run(OPENED, {"after": after, "limit": limit}) as found:
        return found.fetchall()


def _unowned(opened: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], list[int]]:
    """(workspace, account) → conversations nobody has, locked, in the order they were opened."""
    numbers, ids = zip(*opened, strict=True)
    with run(UNOWNED, {"numbers": list(numbers), "ids": list(ids)}) as found:
        places = {pk: (workspace_id, account_id) for pk, workspace_id, account_id in found.fetchall()}
    gathered: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for pk in dict.fromkeys(ids):
        if pk in places:
            gathered[places[pk]].append(pk)
    return gathered


def _given(unowned: Mapping[tuple[int, int], list[int]]) -> Mapping[tuple[int, To], list[int]]:
    """(workspace, to whom) → what they are given."""
    gathered: defaultdict[tuple[int, To], list[int]] = defaultdict(list)
    chosen = AutoAssignment.objects.select_for_update().in_bulk([account_id for _, account_id in unowned])
    for (workspace_id, account_id), ids in sorted(unowned.items()):
        if account_id in chosen:  # else it was switched off a moment ago
            for pk, to in zip(ids, _targets(chosen[account_id], workspace_id, len(ids)), strict=False):
                gathered[workspace_id, to].append(pk)
    return gathered


def _targets(chosen: AutoAssignment, workspace_id: int, count: int) -> Iterable[To]:
    """To whom so many go, one by one; nothing when nobody receives."""
    people = receivers(workspace_id)
    if chosen.way == Way.FIXED and chosen.team_id:
        return [To(team_id=chosen.team_id)] * count
    if chosen.way == Way.FIXED:
        return [To(chosen.agent_id)] * people.filter(pk=chosen.agent_id or 0).count() * count
    if chosen.team_id:
        people = people.filter(memberships__team=chosen.team_id)
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return []
    if chosen.way == Way.LEAST_BUSY:
        return [To(pk, chosen.team_id) for pk in least_busy(ids, count)]
    turns = in_turn(ids, chosen.last_agent_id, count)
    AutoAssignment.objects.filter(pk=chosen.pk).update(last_agent_id=turns[-1])
    return [To(pk, chosen.team_id) for pk in turns]


def in_turn(ids: Sequence[int], last: int | None, count: int) -> list[int]:
    """Round and round, from whoever comes after the last."""
    first = next((place for place, pk in enumerate(ids) if pk > (last or 0)), 0)
    return [ids[(first + turn) % len(ids)] for turn in range(count)]


def least_busy(ids: Sequence[int], count: int) -> list[int]:
    """Each to whoever has the fewest open by then."""
    with run(LOADS, {"ids": list(ids), "among": AMONG}) as found:
        waiting = [(load, pk) for pk, load in found.fetchall()]
    heapify(waiting)
    turns = []
    for _ in range(count):
        load, pk = waiting[0]
        turns.append(pk)
        heapreplace(waiting, (load + 1, pk))
    return turns


def _give(workspace_id: int, to: To, ids: Sequence[int]) -> None:
    try:
        lifecycle.transfer(ids, to, scope=Scope(workspace_id), by=SYSTEM, seen=Holder())
    except lifecycle.UnknownOwner:
        log.info("whoever was to have them left a moment ago", extra={"conversations": list(ids)})
