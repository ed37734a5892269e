"""Short ways to make things happen in the stories of closing, and to see what became of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bandeja.channels.models import Account, Receipt
from bandeja.closing import coverage, rules, sweep
from bandeja.closing.deadline import deadline
from bandeja.closing.models import Rule
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from tests.cast import Cast


def store(account: Account, text: str = "Hola", who: str = "lia", **more: Any) -> Receipt:
    """A delivery of a visitor's message is stored, and waits to be joined."""
    body = json.dumps({"id": more.pop("id", text), "text": text}).encode()
    return Receipt.objects.create(
        account_id=account.pk, channel="webchat", body=body, headers={"sender": who}, **more
    )


def close_by_hand(cast: Cast, *conversations: Conversation, reason: str = "Resuelto") -> list[int]:
    ids = [each.pk for each in conversations]
    by = Actor.agent(cast.ana)
    return lifecycle.close(ids, scope=Scope.of(cast.ana), reason=reason, cause=Cause.AGENT, by=by).closed


def reopen(cast: Cast, conversation: Conversation) -> None:
    lifecycle.reopen([conversation.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))


def edit(cast: Cast, rule: Rule, *accounts: Account, **changes: Any) -> Rule:
    """Save the rule with these changes, and these accounts when any are named."""
    kept = list(rule.coverage.values_list("account_id", flat=True))
    values: dict[str, Any] = {
        "name": rule.name, "amount": rule.amount, "unit": rule.unit, "reason": rule.reason,
        "account_ids": [account.pk for account in accounts] or kept,
    }  # fmt: skip
    return rules.save(cast.workspace, rules.Draft(**{**values, **changes}), by=cast.ana, rule_id=rule.pk)


def swept(**more: Any) -> list[int]:
    """Sweep, and answer which conversations are closed from then on."""
    before = set(Conversation.objects.filter(status="closed").values_list("pk", flat=True))
    done = sweep.sweep(**more)
    closed = sorted(Conversation.objects.filter(status="closed").exclude(pk__in=before).values_list("pk", flat=True))
    assert done.closed == len(closed)
    return closed


def closes_at(conversation: Conversation) -> datetime | None:
    """The deadline that people are shown."""
    conversation.refresh_from_db()
    cover = coverage.clock([conversation.account_id]).get(conversation.account_id)
    return deadline(
        conversation.armed_at, cover.of(conversation.unheard_at) if cover else None, conversation.answered_at
    )
