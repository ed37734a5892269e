"""How far a message of ours has come: a small mark, the words for it, and what to do when it did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja.channels.contract import State
from bandeja.channels.meta.advice import advice
from bandeja.conversations.models import Message

WORDS: Mapping[str, tuple[str, str | Promise]] = {
    State.QUEUED: ("clock", _("Waiting to be sent")),
    State.SENDING: ("clock", _("Being sent")),
    State.ACCEPTED: ("check", _("Sent")),
    State.SENT: ("check", _("Sent")),
    State.DELIVERED: ("check-check", _("Delivered")),
    State.READ: ("check-check", _("Read")),
    State.PLAYED: ("check-check", _("Played")),
    State.UNKNOWN: ("circle-question-mark", _("Did it arrive? We do not know")),
    State.FAILED: ("circle-alert", _("Not sent")),
}
SEEN = frozenset({State.READ, State.PLAYED})


@dataclass(frozen=True, slots=True)
class Fate:
    """`advice` are sentences for who wrote it, only when it failed."""

    state: str
    icon: str
    words: str
    advice: str = ""

    @property
    def is_seen(self) -> bool:
        return self.state in SEEN

    @property
    def may_send_again(self) -> bool:
        return self.state in {State.FAILED, State.UNKNOWN}


def fate(message: Message) -> Fate | None:
    """None where the channel tells nothing."""
    if message.state not in WORDS:
        return None
    icon, words = WORDS[message.state]
    return Fate(message.state, icon, str(words), advice(message.error or {}) if message.state == State.FAILED else "")
