"""What a step is given: the run, its conversation as it is under the lock, and the instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from bandeja.conversations.actor import Actor
from bandeja.conversations.models import ActorKind, Closure, Contact, Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.flows.models import Run
from bandeja.people.models import Workspace


@dataclass(frozen=True)
class Moment:
    """A step of a run at an instant of the database's, its contact and conversation locked."""

    run: Run
    conversation: Conversation
    workspace: Workspace
    at: datetime
    step: str

    @property
    def contact(self) -> Contact:
        return self.conversation.contact

    @property
    def by(self) -> Actor:
        """Who acts: the run, so that what it sets off can be traced to it."""
        return Actor(ActorKind.FLOW, self.run.pk)

    @property
    def scope(self) -> Scope:
        return Scope(self.workspace.pk)

    @property
    def key(self) -> UUID:
        """The same for the same step of the same run, however often it is tried: a second sending is a no-op."""
        return uuid5(NAMESPACE_URL, f"flow-run:{self.run.pk}:{self.run.taken}")

    @property
    def local(self) -> datetime:
        """The instant in the workspace's time zone."""
        return self.at.astimezone(ZoneInfo(self.workspace.time_zone))

    @property
    def is_answered(self) -> bool:
        """Whether the contact wrote since the run last sent something, or since it began."""
        return (self.conversation.last_inbound_id or 0) > (self.run.heard_id or 0)

    @cached_property
    def text(self) -> str:
        """What the contact wrote last."""
        latest = Message.objects.filter(pk=self.conversation.last_inbound_id or 0).values_list("text", flat=True)
        return latest.first() or ""

    @cached_property
    def closing(self) -> tuple[str, str]:
        """Cause and reason: of the closing before the opening that started it, else of the latest there is."""
        if "cause" in self.run.data:
            return str(self.run.data["cause"] or ""), str(self.run.data.get("reason") or "")
        latest = Closure.objects.filter(conversation=self.conversation).order_by("-closed_at", "-pk")
        return latest.values_list("cause", "reason").first() or ("", "")
