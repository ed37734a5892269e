"""A client of the API for Python programs, typed: `Client`, and `AsyncClient` for those who await.

    with Client("https://inbox.example.com", token) as bandeja:
        for conversation in bandeja.conversations(status="open", owner="mine"):
            bandeja.close(conversation["id"], "Pedido entregado")

It knows no more than the OpenAPI document says, imports nothing of Bandeja's own, and is tested against both.
"""

from bandeja.client.awaiting import AsyncClient
from bandeja.client.calls import (
    Call,
    Contact,
    Conversation,
    Count,
    Event,
    Flow,
    Message,
    Outcomes,
    Person,
    Refused,
    Run,
)
from bandeja.client.closing import (
    Calendar,
    Coverage,
    Covered,
    Foreseen,
    Hindsight,
    Inclusion,
    Pause,
    Rule,
    Setback,
    Undoing,
)
from bandeja.client.waiting import Client

__all__ = [
    "AsyncClient",
    "Calendar",
    "Call",
    "Client",
    "Contact",
    "Conversation",
    "Count",
    "Coverage",
    "Covered",
    "Event",
    "Flow",
    "Foreseen",
    "Hindsight",
    "Inclusion",
    "Message",
    "Outcomes",
    "Pause",
    "Person",
    "Refused",
    "Rule",
    "Run",
    "Setback",
    "Undoing",
]
