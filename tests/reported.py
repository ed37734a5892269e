"""A past of closings for the reports to count: by rules, one of them deleted since, and by hand, more by day."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from bandeja.closing.models import Rule
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Conversation, Event, Message
from bandeja.conversations.scope import Scope
from bandeja.people.clock import database_now
from tests.cast import Cast

CLOSINGS = 400
DELETED = 2**40
"""The id of a rule that is gone."""
REASONS = (
    "Compró en la tienda", "Solo preguntaba por el precio", "Pedido entregado",
    "Se le ofreció la garantía extendida y quedó de confirmar la próxima semana con su esposo",
)  # fmt: skip


def make(shop: Cast) -> None:
    """All in the conversation of one who was closed on a lot, sometimes too soon and sometimes unanswered."""
    dice, now = Random(7), database_now().replace(minute=12)
    camila = shop.write("Camila Ortiz", text="Gracias", at=now - timedelta(days=70))
    for _ in range(CLOSINGS):
        at = now - timedelta(days=dice.randrange(1, 60), hours=dice.choice([*range(4, 14), *range(24)]))
        closed = _closed(shop, camila, at, dice)
        Closure.objects.create(**closed)
        _around(camila, closed, dice)
    scope, by = Scope(shop.workspace.pk), Actor.agent(shop.ana)
    lifecycle.close([camila.pk], scope=scope, reason="Compró en la tienda", cause=Cause.AGENT, by=by)
    lifecycle.mark_read([camila.pk], scope=scope)


def _closed(shop: Cast, conversation: Conversation, at: datetime, dice: Random) -> dict[str, Any]:
    said_at = at - timedelta(minutes=dice.randrange(25, 900))
    told: dict[str, Any] = {
        "workspace_id": shop.workspace.pk, "account_id": shop.chat.pk, "conversation": conversation, "closed_at": at,
        "last_inbound_at": said_at, "owner_id": dice.choice([shop.ana.pk, shop.bruno.pk, None]),
    }  # fmt: skip
    if dice.random() < 0.4:
        cause = dice.choice([Cause.AGENT, Cause.AGENT, Cause.BULK, Cause.FLOW])
        return told | {"cause": cause, "reason": dice.choice(REASONS), "actor_kind": "agent"}
    ventas = Rule.objects.get(workspace=shop.workspace, name="Ventas")
    rule, name = dice.choice([(ventas.pk, "Ventas"), (ventas.pk, "Ventas"), (DELETED, "Temporada de lluvias")])
    told |= {"cause": Cause.RULE, "reason": "Sin respuesta del contacto", "actor_kind": "system"}
    deadline = at - timedelta(seconds=dice.random() ** 4)
    return told | {"rule_id": rule, "rule_name": name, "armed_at": said_at, "deadline": deadline}


def _around(conversation: Conversation, closed: dict[str, Any], dice: Random) -> None:
    """An answer before it, or none; the contact back after it, or not."""
    known = {"workspace_id": conversation.workspace_id, "conversation": conversation}
    if dice.random() < 0.8:
        at = closed["last_inbound_at"] + timedelta(minutes=9)
        Message.objects.create(
            **known, account_id=conversation.account_id, direction="out", kind="text", text="¿Te lo aparto?", at=at,
            author_kind="agent",
        )  # fmt: skip
    if dice.random() < 0.03:
        at = closed["closed_at"] + timedelta(days=7) * dice.random() ** 4
        Event.objects.create(**known, kind="conversation_opened", at=at, actor_kind="contact")
