"""Files of a message that is there already, as receiving would have made them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bandeja.channels.contract import Media
from bandeja.conversations.attachments import files
from bandeja.conversations.models import Attachment, FileState, Message


def attachments(message: Message, media: Sequence[Media], *, at: datetime) -> list[Attachment]:
    """Unsaved, one for each."""
    return [
        Attachment(
            message=message,
            workspace_id=message.workspace_id,
            account_id=message.account_id,
            conversation_id=message.conversation_id,
            look_at=at if file.state == FileState.WAITING else None,
            created_at=at,
            **msgspec.structs.asdict(file),
        )
        for file in files(media)
    ]
