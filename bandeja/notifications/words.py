"""What a notification says, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.notifications.models import Kind, Notification


def sentence(told: Notification, names: Mapping[int, str]) -> str:
    """Why this conversation: who gave it, or how much was written. `names` are of agents, by their ids."""
    if told.kind == Kind.ASSIGNED:
        giver = names.get(told.actor_id or 0)
        return _("%(name)s gave it to you") % {"name": giver} if giver else _("It was given to you")
    if told.kind == Kind.MENTIONED:
        return _("%(name)s named you in a note") % {"name": names.get(told.actor_id or 0, "")}
    if told.kind == Kind.CALLED:
        return _("A flow asks you to look at it")
    if told.kind == Kind.WAITING:
        return _("They wait for an answer: a rule left it open")
    if told.kind == Kind.WOKEN:
        return _("It was snoozed until now")
    return ngettext("%(n)d new message", "%(n)d new messages", told.count) % {"n": told.count}


def announcement(told: Notification) -> str:
    """The same for those who listen, with the contact's name."""
    who = {"name": told.conversation.contact}
    if told.kind == Kind.ASSIGNED:
        return _("The conversation with %(name)s was given to you") % who
    if told.kind == Kind.MENTIONED:
        return _("A note about %(name)s names you") % who
    if told.kind == Kind.CALLED:
        return _("A flow asks you to look at the conversation with %(name)s") % who
    if told.kind == Kind.WAITING:
        return _("%(name)s waits for an answer") % who
    if told.kind == Kind.WOKEN:
        return _("The conversation with %(name)s is back: it was snoozed until now") % who
    return _("New message from %(name)s") % who


def anonymous(told: Notification) -> str:
    """What a locked telephone may show to whoever passes by."""
    if told.kind == Kind.ASSIGNED:
        return _("A conversation was given to you.")
    if told.kind == Kind.MENTIONED:
        return _("A note names you.")
    if told.kind == Kind.CALLED:
        return _("A flow asks you to look at a conversation.")
    if told.kind == Kind.WAITING:
        return _("Somebody waits for your answer.")
    if told.kind == Kind.WOKEN:
        return _("A conversation that was snoozed is back.")
    return _("Somebody wrote in one of your conversations.")
