"""Until when a conversation may be written to freely, by its channel's own rules; closing never asks (closing D4)."""

from __future__ import annotations

from datetime import datetime

from bandeja.channels import registry
from bandeja.channels.sending import Window
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import ActorKind, Conversation


class WindowClosed(Exception):
    """Too late to write freely. What may still go: a template if `has_templates`, else nothing until they write.

    `by_person_until` is until when a person could have written what a machine may not, None where nobody can.
    """

    def __init__(self, *, has_templates: bool, by_person_until: datetime | None) -> None:
        super().__init__("The channel's window is closed: the contact has not written for too long.")
        self.has_templates, self.by_person_until = has_templates, by_person_until


def window_of(conversation: Conversation) -> Window | None:
    """The window of a conversation, whose `account` should be at hand; None where the channel has none."""
    sender = registry.sender(conversation.account.channel)
    if sender is None:
        return None
    return sender.window(conversation.window_at, conversation.free_until, conversation.account.config)


def require_window(conversation: Conversation, *, by: Actor, at: datetime) -> None:
    """Raises WindowClosed when `by` may not write freely to the contact at `at`."""
    window, sender = window_of(conversation), registry.sender(conversation.account.channel)
    if window is None or sender is None or is_within(window.until, at):
        return
    if by.kind != ActorKind.AGENT or not is_within(window.by_person_until, at):
        raise WindowClosed(has_templates=sender.has_templates, by_person_until=window.by_person_until)


def is_within(until: datetime | None, at: datetime) -> bool:
    """Whether what lasts `until` lasts still at `at`."""
    return until is not None and at < until
