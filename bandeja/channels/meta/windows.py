"""How long we may write freely after a contact's last doing (meta.md A9). Closing never reads it (closing D4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bandeja.channels.sending import HUMAN_AGENT, Window

STANDARD = timedelta(hours=24)
BY_PERSON = timedelta(days=7)


def whatsapp(opened_at: datetime | None, free_until: datetime | None) -> Window:
    """24 hours, or for as long as a free entry point lasts, as the channel itself said."""
    ends = [end for end in (opened_at and opened_at + STANDARD, free_until) if end]
    return Window(max(ends, default=None))


def messaging(opened_at: datetime | None, config: Mapping[str, Any]) -> Window:
    """24 hours; 7 days for what a person writes, where Meta has granted the account the human agent tag."""
    if opened_at is None:
        return Window(None)
    return Window(opened_at + STANDARD, opened_at + BY_PERSON if config.get(HUMAN_AGENT) is True else None)
