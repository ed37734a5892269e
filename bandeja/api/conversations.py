"""The conversations of an API account: read them, answer, hand over, close and open again."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from ninja.responses import Status as Answer
from pydantic import Field

from bandeja.api.access import AccountRequest, acting, conversation_or_404, reach
from bandeja.api.problems import Problem
from bandeja.api.shapes import (
    ClosureIn,
    ConversationDetail,
    ConversationOut,
    ConversationPage,
    Id,
    MessageIn,
    MessageOut,
    MessagePage,
    OwnerIn,
)
from bandeja.channels.reading import KEY_LENGTH
from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Cause, Conversation, Direction, Status

router = Router(tags=["conversations"])

Key = Annotated[str, Field(max_length=KEY_LENGTH, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=100)]


@router.get("", response=ConversationPage)
def conversations(
    request: AccountRequest,
    status: Status | None = None,
    contact: Key | None = None,
    cursor: Id | None = None,
    limit: Limit = 50,
) -> ConversationPage:
    """A page of conversations, newest first: pass `next` as `cursor` to go on. `contact` is their external id."""
    found = reach(request)
    if contact:
        known = {"contact__identities__account": request.auth, "contact__identities__value": contact}
        found = found.filter(**known)
    if status:
        found = found.filter(status=status)
    if cursor is not None:
        found = found.filter(pk__lt=cursor)
    page = list(found.order_by("-pk")[: limit + 1])
    cover = _cover(request)
    items = [ConversationOut.of(conversation, cover) for conversation in page[:limit]]
    return ConversationPage(items=items, next=str(items[-1].id) if len(page) > limit else None)


@router.get("/{int:conversation_id}", response=ConversationDetail)
def conversation(request: AccountRequest, conversation_id: int) -> ConversationDetail:
    """One conversation, with its latest closing."""
    return _shown(request, conversation_id)


@router.get("/{int:conversation_id}/messages", response=MessagePage)
def messages(request: AccountRequest, conversation_id: int, after: Id = 0, limit: Limit = 100) -> MessagePage:
    """What was written after the message `after`, notes left out."""
    found = conversation_or_404(request, conversation_id).messages.select_related("author")
    written = found.filter(direction__in=[Direction.IN, Direction.OUT], pk__gt=after)
    page = list(written.order_by("id")[: limit + 1])
    return MessagePage(items=[MessageOut.of(message) for message in page[:limit]], more=len(page) > limit)


@router.post("/{int:conversation_id}/messages", response={200: MessageOut, 201: MessageOut})
def reply(request: AccountRequest, conversation_id: int, body: MessageIn) -> Answer[MessageOut]:
    """Write to the contact: 201, or 200 with the message written before under the same `client_id`."""
    try:
        replied = lifecycle.reply(
            conversation_id, body.text, client_id=body.client_id, reopen=body.reopen, **acting(request)
        )
    except Conversation.DoesNotExist:
        raise _missing() from None
    except ValueError as blank:
        raise Problem(422, f"text: {blank}") from blank
    return Answer(201 if replied.written else 200, MessageOut.of(replied.message))


@router.put("/{int:conversation_id}/owner", response=ConversationDetail)
def owner(request: AccountRequest, conversation_id: int, body: OwnerIn) -> ConversationDetail:
    """Give it to an agent, a team, or nobody. 409 when it is no longer with whom `seen` says."""
    conversation_or_404(request, conversation_id)
    to = lifecycle.To(body.owner_id, body.team_id)
    seen = lifecycle.Holder(body.seen.owner_id, body.seen.team_id) if body.seen else None
    try:
        outcome = lifecycle.transfer([conversation_id], to, seen=seen, **acting(request))
    except lifecycle.UnknownOwner as unknown:
        raise Problem(422, f"{'team_id' if body.owner_id is None else 'owner_id'}: {unknown}") from unknown
    if outcome.taken:
        raise Problem(409, "Somebody else has given it away since. It was left as it is: read who has it first.")
    return _shown(request, conversation_id)


@router.post("/{int:conversation_id}/closure", response={200: ConversationDetail, 201: ConversationDetail})
def close(request: AccountRequest, conversation_id: int, body: ClosureIn) -> Answer[ConversationDetail]:
    """Close it: 201, or 200 when it was closed already. 409 when the contact has written since (closing D1)."""
    conversation_or_404(request, conversation_id)
    try:
        outcome = lifecycle.close([conversation_id], cause=Cause.API, **body.dict(), **acting(request))
    except lifecycle.BlankReason as blank:
        raise Problem(422, f"reason: {blank}") from blank
    if outcome.newer:
        raise Problem(409, "The contact has written since. It was left open: read what they wrote first.")
    return Answer(201 if outcome.closed else 200, _shown(request, conversation_id))


@router.delete("/{int:conversation_id}/closure", response=ConversationDetail)
def reopen(request: AccountRequest, conversation_id: int) -> ConversationDetail:
    """Open it again; that starts no clock (closing E2). Nothing happens to an open one."""
    conversation_or_404(request, conversation_id)
    lifecycle.reopen([conversation_id], **acting(request))
    return _shown(request, conversation_id)


def _shown(request: AccountRequest, conversation_id: int) -> ConversationDetail:
    found = conversation_or_404(request, conversation_id)
    return ConversationDetail.with_closure(found, _cover(request))


def _cover(request: AccountRequest) -> Cover | None:
    return coverage.clock([request.auth.pk]).get(request.auth.pk)


def _missing() -> Problem:
    return Problem(404, "There is no such conversation on this account.")
