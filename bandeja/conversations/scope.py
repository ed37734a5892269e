"""What a person may reach: every lookup of a conversation goes through one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from bandeja.conversations.models import Conversation
from bandeja.people.models import Agent, Permission

WITHIN = """(
    workspace_id = %(workspace)s
    and (%(within_account)s::bigint is null or account_id = %(within_account)s)
    and (%(within_owner)s::bigint is null or owner_id = %(within_owner)s
         or (%(within_unassigned)s::boolean and owner_id is null))
)"""
"""A scope as the condition of the named statements, over the columns of `conversation`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The conversations of a workspace that somebody may see: all, or an owner's, perhaps the unassigned too.

    `account_id` narrows it to one account: what an API channel's token reaches.
    """

    workspace_id: int
    owner_id: int | None = None
    unassigned: bool = False
    account_id: int | None = None

    @classmethod
    def of(cls, agent: Agent) -> Scope:
        if agent.may(Permission.SEE_ALL):
            return cls(agent.workspace_id)
        return cls(agent.workspace_id, agent.pk, unassigned=agent.may(Permission.SEE_UNASSIGNED))

    def filter(self, conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
        """Only those of `conversations` that lie in this scope."""
        reach = Q(workspace_id=self.workspace_id)
        if self.account_id is not None:
            reach &= Q(account_id=self.account_id)
        if self.owner_id is not None:
            reach &= Q(owner_id=self.owner_id) | (Q(owner=None) if self.unassigned else Q())
        return conversations.filter(reach)

    def holds(self, conversation: Conversation) -> bool:
        """Whether one that is at hand lies in this scope: what `filter` says, without asking the database."""
        if conversation.workspace_id != self.workspace_id or self.account_id not in {None, conversation.account_id}:
            return False
        if self.owner_id is None or conversation.owner_id == self.owner_id:
            return True
        return self.unassigned and conversation.owner_id is None

    def params(self) -> dict[str, Any]:
        """The same, for `WITHIN`."""
        return {
            "workspace": self.workspace_id,
            "within_owner": self.owner_id,
            "within_unassigned": self.unassigned,
            "within_account": self.account_id,
        }
