"""Messages that are nobody's words: a call, a referral, what the channel itself says. Each is one quiet line."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bandeja.channels.contract import SILENT, Kind
from bandeja.conversations.models import Direction, Message
from bandeja.inbox import kinds


def is_notice(message: Message) -> bool:
    """Whether it is told as a line between the messages."""
    return message.kind in SILENT and message.direction != Direction.NOTE


def sentence(message: Message, contact: str) -> tuple[str, str]:
    """Its icon and its words."""
    said = {
        Kind.REACTION: _("%(name)s reacted to a message"),
        Kind.EDIT: _("%(name)s edited a message; the channel does not say how"),
        Kind.UNSEND: _("%(name)s deleted a message"),
        Kind.OPT_IN: _("%(name)s asked to be written to"),
        Kind.CALL_PERMISSION: _("%(name)s answered whether you may call"),
        Kind.CALL: _call(message),
        Kind.REFERRAL: _referral(message),
        Kind.SYSTEM: _system(message),
    }.get(Kind(message.kind)) or kinds.label(message.kind)
    return kinds.icon(message.kind), said.replace("%(name)s", contact).replace("%(text)s", message.text)


def _call(message: Message) -> str:
    call = message.data.get("call")
    status = str(call.get("status", "")).lower() if isinstance(call, dict) else ""
    if message.direction == Direction.OUT:
        return _("Your side called %(name)s")
    return _("%(name)s called and nobody answered") if status in {"failed", "missed"} else _("%(name)s called")


def _referral(message: Message) -> str:
    referral = message.data.get("referral")
    referral = referral if isinstance(referral, dict) else {}
    context = referral.get("ads_context_data")
    title = referral.get("headline") or (context.get("ad_title") if isinstance(context, dict) else "")
    if isinstance(title, str) and title:
        return _("%(name)s came by the ad “%(title)s”").replace("%(title)s", title)
    return _("%(name)s came by a link or an ad")


def _system(message: Message) -> str:
    system, handover = message.data.get("system"), message.data.get("handover")
    if isinstance(handover, dict):
        return {
            "pass_thread_control": _("Another app passed this conversation on"),
            "take_thread_control": _("Another app took this conversation"),
        }.get(str(handover.get("what")), _("Another app asked for this conversation"))
    if system == "request_welcome":
        return _("%(name)s opened the chat for the first time")
    if system in {"user_changed_number", "customer_changed_number"}:
        return _("%(name)s changed their number")
    if system in {"customer_identity_changed", "user_changed_user_id"}:
        return _("%(name)s has another id at the channel now")
    return _("The channel says: %(text)s") if message.text else kinds.label(Kind.SYSTEM)
