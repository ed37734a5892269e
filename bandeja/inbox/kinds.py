"""What each kind of message is called, and the icon that stands for it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja.channels.contract import Kind

LABELS: Mapping[str, tuple[str, str | Promise]] = {
    Kind.TEXT: ("message-square-text", _("Message")),
    Kind.IMAGE: ("image", _("Photo")),
    Kind.VIDEO: ("video", _("Video")),
    Kind.AUDIO: ("music", _("Audio")),
    Kind.VOICE: ("mic", _("Voice message")),
    Kind.DOCUMENT: ("file-text", _("Document")),
    Kind.STICKER: ("sticker", _("Sticker")),
    Kind.LOCATION: ("map-pin", _("Location")),
    Kind.CONTACTS: ("contact-round", _("Shared contact")),
    Kind.ORDER: ("shopping-bag", _("Order")),
    Kind.BUTTON_REPLY: ("mouse-pointer-click", _("Button pressed")),
    Kind.LIST_REPLY: ("list", _("Option chosen")),
    Kind.QUICK_REPLY: ("mouse-pointer-click", _("Quick reply")),
    Kind.FORM_REPLY: ("clipboard-list", _("Form filled in")),
    Kind.POSTBACK: ("mouse-pointer-click", _("Button pressed")),
    Kind.STORY_REPLY: ("circle-dashed", _("Reply to your story")),
    Kind.STORY_MENTION: ("at-sign", _("Mentioned you in a story")),
    Kind.SHARE: ("share-2", _("Shared post")),
    Kind.UNSUPPORTED: ("eye-off", _("A message that the channel does not show here. Look at it on the phone.")),
    Kind.UNKNOWN: ("eye-off", _("A message of a kind that cannot be shown here. Look at it on the phone.")),
    Kind.REACTION: ("smile", _("Reaction")),
    Kind.EDIT: ("pencil", _("A message was edited")),
    Kind.UNSEND: ("ban", _("A message was deleted")),
    Kind.REFERRAL: ("megaphone", _("Came by a link or an ad")),
    Kind.OPT_IN: ("bell", _("Asked to be written to")),
    Kind.SYSTEM: ("info", _("Notice of the channel")),
    Kind.CALL: ("phone", _("Call")),
    Kind.CALL_PERMISSION: ("phone", _("Answered whether you may call")),
    Kind.GROUP: ("users", _("Change in a group")),
    Kind.HISTORY: ("history", _("Earlier messages")),
}

SHORT: Mapping[str, str | Promise] = {
    Kind.UNSUPPORTED: _("Message that is not shown here"),
    Kind.UNKNOWN: _("Message that is not shown here"),
}
"""What the list has room for, where the thread says more."""


def icon(kind: str) -> str:
    """The name of its icon."""
    return LABELS.get(kind, LABELS[Kind.UNKNOWN])[0]


def label(kind: str) -> str:
    """What the thread calls it; one we do not know is told of as such."""
    return str(LABELS.get(kind, LABELS[Kind.UNKNOWN])[1])


def short(kind: str) -> str:
    """What the list calls it."""
    return str(SHORT.get(kind if kind in LABELS else Kind.UNKNOWN) or label(kind))
