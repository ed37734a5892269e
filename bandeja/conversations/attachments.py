"""The files that came with a message, as rows that wait to be fetched. Pure.

Whoever writes such rows rings `BELL` in that transaction; without it they are found a second later.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from bandeja.channels.contract import Media
from bandeja.channels.fetching import GONE
from bandeja.channels.reading import clean, line
from bandeja.conversations.models import Attachment, FileState, Message

BELL = "bandeja_media"
"""The NOTIFY channel that wakes the fetch lane. No payload."""


def attachments(message: Message, media: Sequence[Media], *, at: datetime) -> list[Attachment]:
    """One unsaved row for each file, to be fetched from `at` on; what may only be referred to is never fetched."""
    return [_attachment(message, position, each, at) for position, each in enumerate(media)]


def _attachment(message: Message, position: int, media: Media, at: datetime) -> Attachment:
    state, error = _beginning(media)
    return Attachment(
        message=message,
        workspace_id=message.workspace_id,
        account_id=message.account_id,
        conversation_id=message.conversation_id,
        position=position,
        kind=media.kind,
        mime=line(media.mime),
        name=line(media.name),
        sha256=hexadecimal(media.sha256),
        remote=clean(media.remote),
        is_url=media.is_url,
        state=state,
        error=error,
        look_at=at if state == FileState.WAITING else None,
        created_at=at,
    )


def _beginning(media: Media) -> tuple[FileState, str]:
    if not media.keep:
        return FileState.REFERRED, ""
    return (FileState.WAITING, "") if media.remote else (FileState.FAILED, GONE)


def hexadecimal(told: str) -> str:
    """A SHA-256 as channels tell it, base64 or hexadecimal, in the latter; empty when it is neither."""
    try:
        raw = bytes.fromhex(told) if len(told) == 64 else base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return raw.hex() if len(raw) == 32 else ""
