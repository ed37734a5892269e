"""Why a step was passed over or held back, and why a run ended, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

WHY: Mapping[str, Any] = {
    "already": _("It was so already."),
    "blank": _("There was nothing to say."),
    "blocked": _("The contact is blocked."),
    "call": _("The address did not take it."),
    "unknown": _("It was interrupted, so nobody knows whether it was called. It is not called again."),
    "channel": _("The channel does not take this."),
    "daily": _("Flows that a closing starts had written here as often as they may in a day."),
    "disconnected": _("The account is disconnected."),
    "failed": _("It failed several times."),
    "gone": _("What it needs was deleted."),
    "nobody": _("There was nobody to give it to."),
    "off": _("The flow was turned off."),
    "person": _("A person ended it."),
    "sends": _("Flows sent this contact as many messages as they may in an hour."),
    "steps": _("Flows took as many steps with this contact as they may in an hour."),
    "unfit": _("The field does not take that."),
    "values": _("The template lacked a value."),
    "window": _("The time to write freely is over."),
}


def why(word: str) -> str:
    """A sentence; blank where there is nothing to say."""
    return str(WHY.get(word, ""))
