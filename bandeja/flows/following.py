"""Runs whose conversation is no more: another took it in, or it was erased, while they were made."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction

from bandeja.conversations.models import Conversation, Event, Message
from bandeja.flows.models import Run

log = logging.getLogger(__name__)


def follow(run_id: int, conversation_id: int) -> None:
    """A run that was made while another conversation took its own in goes over to that; erased, it is no more."""
    if Conversation.objects.filter(pk=conversation_id).exists():
        return
    lost = Run.objects.filter(pk=run_id, conversation_id=conversation_id)
    moved_to = _moved_to(lost.values_list("event_number", flat=True).first())
    try:
        with transaction.atomic():
            if moved_to is not None and lost.update(conversation_id=moved_to):
                return
    except IntegrityError:
        log.info("a run watches for what another watches for", extra={"run": run_id})
    lost.delete()


def _moved_to(event_number: int | None) -> int | None:
    """Where what began a run is by now, if it is anywhere: messages move, what is told of them does not."""
    event = Event.objects.filter(number=event_number or 0).first()
    if event is None:
        return None
    said = Message.objects.filter(pk=event.message_id or 0).values_list("conversation_id", flat=True).first()
    there = Conversation.objects.filter(pk=event.conversation_id if said is None else said)
    return there.values_list("pk", flat=True).first()
