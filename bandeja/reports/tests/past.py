"""Closings written down as they were, without having happened: for what is only counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bandeja.conversations.models import Cause, Closure, Conversation
from tests.cast import Cast


def closed(cast: Cast, at: datetime, cause: Cause = Cause.AGENT, *, who: str = "lia", **more: Any) -> Closure:
    """One closing of a conversation of Lía's, by hand unless it is said; by a rule it is Ventas', an hour silent."""
    conversation = theirs(cast, who)
    known: dict[str, Any] = {"reason": "Resuelto", "actor_kind": "agent"}
    if cause == Cause.RULE:
        hour_ago = at - timedelta(hours=1)
        known |= {
            "reason": "Sin respuesta", "actor_kind": "system", "rule_id": 1, "rule_name": "Ventas",
            "armed_at": hour_ago, "deadline": at, "last_inbound_at": hour_ago,
        }  # fmt: skip
    known |= {"workspace_id": cast.workspace.pk, "account_id": cast.chat.pk, "conversation": conversation}
    return Closure.objects.create(closed_at=at, cause=cause, **{**known, **more})


def theirs(cast: Cast, who: str) -> Conversation:
    """The conversation of somebody, who wrote first where there is none yet."""
    found = Conversation.objects.filter(account=cast.chat, contact__name=who).first()
    return found or cast.write(who)
