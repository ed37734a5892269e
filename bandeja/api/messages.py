"""What is said in a conversation: read, answered, noted."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status as Answer

from bandeja.api.access import ApiRequest, acting, conversation_or_404
from bandeja.api.conversations import READS, WRITES, WRITES_ALONE
from bandeja.api.problems import Problem, unfit
from bandeja.api.shapes import MessageIn, MessageOut, MessagePage, NoteIn
from bandeja.api.types import Id, Limit
from bandeja.channels import registry
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import ActorKind, Conversation, Direction
from bandeja.conversations.window import require_window
from bandeja.mentions import naming
from bandeja.people.clock import database_now

router = Router(tags=["messages"])


@router.get("/{int:conversation_id}/messages", response=MessagePage, auth=READS)
def messages(request: ApiRequest, conversation_id: int, after: Id = 0, limit: Limit = 100) -> MessagePage:
    """What was written after the message `after`; an account's token is not told the team's notes."""
    found = conversation_or_404(request, conversation_id).messages.select_related("author").filter(pk__gt=after)
    if request.auth.account is not None:
        found = found.filter(direction__in=[Direction.IN, Direction.OUT])
    page = list(found.order_by("id")[: limit + 1])
    return MessagePage(items=[MessageOut.of(message) for message in page[:limit]], more=len(page) > limit)


@router.post("/{int:conversation_id}/messages", response={200: MessageOut, 201: MessageOut}, auth=WRITES)
def reply(request: ApiRequest, conversation_id: int, body: MessageIn) -> Answer[MessageOut]:
    """Write to the contact: 201, or 200 with the message written before under the same `client_id`.

    409 when the channel's window is over, also where a person could still write: a program is none.
    """
    conversation = conversation_or_404(request, conversation_id)
    _require_short(conversation, body.text)
    try:
        _require_machines_window(conversation, body)
        replied = lifecycle.reply(
            conversation_id, body.text, client_id=body.client_id, reopen=body.reopen, **acting(request)
        )
    except lifecycle.WindowClosed:
        said = _("The time to write freely is over: only a person with a template may. Nothing was sent.")
        raise Problem(409, said) from None
    except ValueError:
        raise unfit([("text", _("Write something first."))]) from None
    return Answer(201 if replied.written else 200, MessageOut.of(replied.message))


@router.post("/{int:conversation_id}/notes", response={200: MessageOut, 201: MessageOut}, auth=WRITES_ALONE)
def note(request: ApiRequest, conversation_id: int, body: NoteIn) -> Answer[MessageOut]:
    """Write a note, and tell whom it names with @: 201, or 200 when its `client_id` was written before."""
    conversation_or_404(request, conversation_id)
    try:
        with transaction.atomic():
            replied = lifecycle.reply(
                conversation_id, body.text, client_id=body.client_id, note=True, **acting(request)
            )
            if replied.written:
                naming.record(replied.message)
    except ValueError:
        raise unfit([("text", _("Write something first."))]) from None
    return Answer(201 if replied.written else 200, MessageOut.of(replied.message))


def _require_short(conversation: Conversation, text: str) -> None:
    spoken = registry.CHANNELS.get(conversation.account.channel)
    if spoken and len(text) > spoken.text_limit:
        said = _("This channel takes up to %(limit)s characters; this is %(length)s. Send it in parts.")
        raise unfit([("text", said % {"limit": spoken.text_limit, "length": len(text)})])


def _require_machines_window(conversation: Conversation, body: MessageIn) -> None:
    """Meta lets people write longer than machines, and a program that has somebody's token is a machine."""
    if body.client_id and conversation.messages.filter(client_id=body.client_id).exists():
        return
    require_window(conversation, by=Actor(ActorKind.API), at=database_now())
