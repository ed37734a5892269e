"""What happened, in the order it was committed: who keeps `next` misses nothing and is told nothing twice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import Max
from ninja import Router, Schema
from pydantic import BeforeValidator, Field

from bandeja.api.access import ApiRequest, Token
from bandeja.api.models import Scope
from bandeja.api.types import Id, spelled_whole
from bandeja.conversations.models import Conversation, Event

router = Router(tags=["events"])

READS = Token(Scope.READ_CONVERSATIONS)
AMONG = 5_000
"""The most events of all workspaces that are looked at for one page."""

Many = Annotated[int, Field(ge=1, le=1_000), BeforeValidator(spelled_whole)]


class EventOut(Schema):
    """A fact about a conversation. `number` counts up in the order facts were committed, with gaps."""

    number: int
    kind: str
    at: datetime
    conversation_id: int
    actor_kind: str
    actor_id: int | None
    message_id: int | None
    closure_id: int | None


class EventPage(Schema):
    """`next` is what to ask `after` from here, also when there is nothing; `more` whether to ask at once."""

    items: list[EventOut]
    next: int
    more: bool


@router.get("/events", response=EventPage, auth=READS)
def events(request: ApiRequest, after: Id = 0, limit: Many = 100) -> EventPage:
    """What happened after the number `after`, in the conversations you see now: 0 for all that is kept.

    Messages are told of for 30 days (`BANDEJA_EVENT_DAYS`), the rest for good.
    """
    scope = request.auth.scope
    # What all workspaces did since bounds the look; of it only this workspace's is told.
    numbered = Event.objects.filter(number__gt=after).order_by("number").values("number")[:AMONG]
    last = Event.objects.filter(number__in=numbered).aggregate(last=Max("number"))["last"]
    if last is None:
        return EventPage(items=[], next=after, more=False)
    found = Event.objects.filter(number__gt=after, number__lte=last, workspace_id=scope.workspace_id)
    if scope.owner_id is not None:
        found = found.filter(conversation__in=scope.filter(Conversation.objects.all()).values("pk"))
    page = list(found.order_by("number")[: limit + 1])
    if len(page) > limit:
        return EventPage(items=_told(page[:limit]), next=page[limit - 1].number or after, more=True)
    more = Event.objects.filter(number__gt=last).exists()
    return EventPage(items=_told(page), next=last, more=more)


def _told(page: list[Event]) -> list[EventOut]:
    return [EventOut(**{name: getattr(event, name) for name in EventOut.model_fields}) for event in page]
