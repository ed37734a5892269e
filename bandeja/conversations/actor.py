"""Who does a thing to a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandeja.conversations.models import ActorKind
from bandeja.people.models import Agent


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or one of the machines; `id` is the agent's, the account's for the API, or the run's for a flow."""

    kind: ActorKind
    id: int | None = None

    @classmethod
    def agent(cls, agent: Agent) -> Actor:
        return cls(ActorKind.AGENT, agent.pk)

    @classmethod
    def api(cls, account_id: int) -> Actor:
        return cls(ActorKind.API, account_id)

    @property
    def agent_id(self) -> int | None:
        return self.id if self.kind == ActorKind.AGENT else None

    @property
    def is_person(self) -> bool:
        """Whether what they write answers the contact: a person's words do, here or through the API (closing G1)."""
        return self.kind in {ActorKind.AGENT, ActorKind.API}

    def params(self) -> dict[str, Any]:
        """The same, for the named statements."""
        return {"actor_kind": self.kind, "actor_id": self.id}


SYSTEM = Actor(ActorKind.SYSTEM)
FLOW = Actor(ActorKind.FLOW)
CONTACT = Actor(ActorKind.CONTACT)
