"""That a conversation was snoozed, and that it is back, each said in one quiet sentence."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bandeja.closing.why import Why
from bandeja.conversations.models import ActorKind, Event, EventKind
from bandeja.web import times


def sentence(event: Event, who: str, contact: str) -> tuple[str, str]:
    """The icon and the sentence for an event of these two kinds."""
    if event.kind == EventKind.CONVERSATION_WOKEN:
        return "alarm-clock-off", _woken(event, contact) % {"name": who}
    if until := event.data.get("until"):
        named = {"name": who, "until": times.coming(datetime.fromisoformat(until))}
        said = _("%(name)s snoozed it until %(until)s") % named
    else:
        said = _("%(name)s snoozed it until %(contact)s writes") % {"name": who, "contact": contact}
    reason = event.data.get("reason")
    return "alarm-clock", f"{said} · {reason}" if reason else said


def _woken(event: Event, contact: str) -> str:
    if event.actor_kind == ActorKind.SYSTEM:
        return _("It is back: it was snoozed until now")
    if event.actor_kind == ActorKind.CONTACT:
        return _("%(contact)s wrote, and it is back") % {"contact": contact}
    return _("%(name)s brought it back")


def ends(why: Why) -> str:
    """What follows when it comes back."""
    if why.stands.starts_when_released:
        return _(
            "Meanwhile no rule closes it. Whatever brings it back, its time or the contact, starts the clock anew, "
            "with its whole time."
        )
    return _("Meanwhile no rule closes it. When its time comes, no clock starts by itself.")
