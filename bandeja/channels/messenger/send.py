"""Sending by a page (meta.md A7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bandeja.channels.contract import Kind
from bandeja.channels.meta import graph, send_api, windows
from bandeja.channels.meta.limits import BUTTON_TITLE, MB, check_file, check_text
from bandeja.channels.meta.splitting import split, units
from bandeja.channels.sending import Buttons, File, Limit, Line, Outbound, Window

TEXT_LIMIT = 2_000

ANY = Limit(frozenset(), 25 * MB)


class MessengerSender:
    """A page's way out. Files carry no text here: it goes as a message of its own."""

    limits: Mapping[Kind, Limit] = {
        Kind.IMAGE: Limit(frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}), 8 * MB),
        Kind.VIDEO: ANY,
        Kind.AUDIO: ANY,
        Kind.VOICE: ANY,
        Kind.DOCUMENT: ANY,
    }
    captions: Mapping[Kind, int] = {}
    has_templates = False
    buttons: Buttons | None = Buttons(send_api.MOST_QUICK_REPLIES, BUTTON_TITLE, TEXT_LIMIT)
    has_places = False

    def split(self, text: str) -> Sequence[str]:
        """Parts of 2000 characters."""
        return split(text, TEXT_LIMIT, units)

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Window:
        """24 hours, 7 days for people where it was granted."""
        return windows.messaging(opened_at, config)

    def upload(self, line: Line, file: File) -> str:
        """The attachment's id."""
        check_file(self.limits, file)
        return send_api.upload(_graph(line), line.external_id, file)

    def send(self, outbound: Outbound) -> str:
        """The message's mid."""
        body = send_api.envelope(outbound)
        message = (
            self._file(outbound, outbound.file) if outbound.file else send_api.words(outbound, TEXT_LIMIT, units)
        )
        if outbound.handle:
            message["metadata"] = outbound.handle
        if outbound.reply_to:
            body["reply_to"] = {"mid": outbound.reply_to}
        return send_api.deliver(_graph(outbound.line), outbound.line.external_id, {**body, "message": message})

    def _file(self, outbound: Outbound, file: File) -> dict[str, Any]:
        check_file(self.limits, file)
        check_text(outbound.text, 0, units)
        return send_api.attachment(file, {"attachment_id": file.remote or self.upload(outbound.line, file)})


def _graph(line: Line) -> graph.Graph:
    return graph.facebook(line.token, line.graph_url)
