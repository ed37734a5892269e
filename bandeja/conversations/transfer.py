"""Giving conversations away: `lifecycle.assign` and `lifecycle.transfer`.

Whoever transfers says what they saw; what somebody else has given away since is left as it is, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from bandeja.channels.reading import clean
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import statement
from bandeja.people.models import Agent, Team

ASSIGN = statement("bandeja.conversations", "assign").replace("{within}", WITHIN)
LOCK = f"select from conversation where id = any(%(ids)s::bigint[]) and {WITHIN} order by id for update"


class UnknownOwner(ValueError):
    """The new owner is not an active agent of this workspace, or the team none of its teams."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a conversation: a person, a team, a person within a team, or nobody.

    Spelled `12/`, `/3`, `12/3`, `/`.
    """

    owner_id: int | None = None
    team_id: int | None = None

    def __str__(self) -> str:
        return f"{self.owner_id or ''}/{self.team_id or ''}"


@dataclass(frozen=True, slots=True)
class To:
    """Whom conversations are given to; nobody as it stands.

    A person given alone takes a conversation within the team that has it, if they are of that team; `exactly` takes
    it out of the team, or puts it in `team_id`. `contacts_owner` is whoever has the other conversation of its contact
    that was written in last, if they are still here, whatever the giver may see of that one.
    """

    owner_id: int | None = None
    team_id: int | None = None
    exactly: bool = False
    contacts_owner: bool = False

    @classmethod
    def back(cls, holder: Holder) -> To:
        """Exactly as it was."""
        return cls(holder.owner_id, holder.team_id, exactly=True)


@dataclass(frozen=True, slots=True)
class Transferred:
    """What became of each: it changed hands, was theirs already, was given to somebody else meanwhile, is of
    a contact whom nobody has, or is out of reach.
    """

    changed: list[int]
    same: list[int]
    taken: list[int]
    ownerless: list[int]
    unavailable: list[int]


def assign(
    ids: Sequence[int], owner_id: int | None, *, scope: Scope, by: Actor, at: datetime | None = None
) -> list[int]:
    """Give conversations to an agent of the workspace, or to nobody; answers those that changed hands.

    Raises UnknownOwner when the agent is not an active member.
    """
    return transfer(ids, To(owner_id), scope=scope, by=by, at=at).changed


def transfer(
    ids: Sequence[int],
    to: To,
    *,
    scope: Scope,
    by: Actor,
    at: datetime | None = None,
    seen: Holder | None = None,
    seen_at: datetime | None = None,
    note: str = "",
    unread: bool = False,
) -> Transferred:
    """Hand conversations over, perhaps with a note in each and marked unread (closing D3), in one transaction.

    `seen` is who had them on the giver's screen, or `seen_at` the instant they looked: what changed hands since is
    left alone, unless it went where it was to go. Raises UnknownOwner.
    """
    require(to, scope)
    with transaction.atomic():
        if seen_at is not None:
            _lock(ids, scope)
        outcome = hand_over(ids, to, scope=scope, by=by, at=at, seen=seen, seen_at=seen_at, note=note, unread=unread)
        written = outcome.changed + (outcome.same if note or unread else [])
        ring([scope.workspace_id], written)
    return outcome


def require(to: To, scope: Scope) -> None:
    """Raises UnknownOwner unless whom it is given to belongs here."""
    here = {"workspace_id": scope.workspace_id}
    if to.owner_id is not None and not Agent.objects.filter(pk=to.owner_id, is_active=True, **here).exists():
        raise UnknownOwner("That person is not an active member of this workspace.")
    if to.team_id is not None and not Team.objects.filter(pk=to.team_id, **here).exists():
        raise UnknownOwner("There is no such team in this workspace.")


def _lock(ids: Sequence[int], scope: Scope) -> None:
    """Events are compared with, so what holds these must be over first: a statement sees what was when it began."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"ids": list(ids), **scope.params()})


def hand_over(
    ids: Sequence[int],
    to: To,
    *,
    scope: Scope,
    by: Actor,
    at: datetime | None,
    seen: Holder | None = None,
    seen_at: datetime | None = None,
    note: str = "",
    unread: bool = False,
) -> Transferred:
    """The same inside the caller's transaction, who rings and has asked `require`."""
    params = {
        "ids": list(ids),
        "owner": to.owner_id,
        "team": to.team_id,
        "exactly": to.exactly or to.team_id is not None,
        "to_contacts_owner": to.contacts_owner,
        "saw": seen is not None,
        "seen_owner": seen.owner_id if seen else None,
        "seen_team": seen.team_id if seen else None,
        "seen_at": seen_at,
        "note": clean(note).strip(),
        "unread": unread,
        "author": by.agent_id,
        "at": at,
        **by.params(),
        **scope.params(),
    }
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, params)
        changed, same, taken, ownerless = cursor.fetchone()
    unavailable = sorted(set(ids) - {*changed, *same, *taken, *ownerless})
    return Transferred(changed, same, taken, ownerless, unavailable)
