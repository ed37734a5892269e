"""Texts of a flow: what stands in braces is filled in as in a quick reply, by the conversation's owner."""

from __future__ import annotations

from bandeja.flows.moment import Moment
from bandeja.quickreplies import variables


def fill(text: str, moment: Moment) -> str:
    """The text for this contact; what is not known goes."""
    return variables.fill(text, moment.contact, moment.conversation.owner)
