"""Sending by an Instagram account: by its own login, or by the page it is linked to (meta.md A7).

`config["login"]` says which, "instagram" or "page", and `config["page_id"]` which page. Instagram gives nothing of
ours back in its echoes, so a message carries no handle: an unanswered one is recognised by its text (meta.md E7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bandeja.channels.contract import Kind
from bandeja.channels.meta import faults, graph, send_api, windows
from bandeja.channels.meta.limits import BUTTON_TITLE, MB, check_file, check_text
from bandeja.channels.meta.splitting import octets, split
from bandeja.channels.sending import Buttons, Fault, File, Limit, Line, Outbound, Refused, Window

TEXT_LIMIT = 1_000
"""Bytes of UTF-8."""

AUDIO = Limit(
    frozenset({"audio/aac", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/wav", "audio/x-wav", "audio/wave"}),
    25 * MB,
)
VIDEO_TYPES = frozenset({"video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"})


class InstagramSender:
    """A profile's way out. Files carry no text here: it goes as a message of its own."""

    limits: Mapping[Kind, Limit] = {
        Kind.IMAGE: Limit(frozenset({"image/jpeg", "image/png"}), 8 * MB),
        Kind.VIDEO: Limit(VIDEO_TYPES, 25 * MB),
        Kind.AUDIO: AUDIO,
        Kind.VOICE: AUDIO,
    }
    captions: Mapping[Kind, int] = {}
    has_templates = False
    buttons: Buttons | None = Buttons(send_api.MOST_QUICK_REPLIES, BUTTON_TITLE, TEXT_LIMIT)
    has_places = False

    def split(self, text: str) -> Sequence[str]:
        """Parts of 1000 bytes of UTF-8."""
        return split(text, TEXT_LIMIT, octets)

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Window:
        """24 hours, 7 days for people where it was granted."""
        return windows.messaging(opened_at, config)

    def upload(self, line: Line, file: File) -> str:
        """The attachment's id; empty with Instagram's own login, which fetches files by their address."""
        check_file(self.limits, file)
        if not by_page(line.config):
            return ""
        return send_api.upload(_graph(line), sender_id(line), file, platform="instagram")

    def send(self, outbound: Outbound) -> str:
        """The message's mid."""
        body = send_api.envelope(outbound)
        if not by_page(outbound.line.config) and not outbound.late:
            del body["messaging_type"]  # Meta's own samples have none there
        if outbound.reply_to:
            body["reply_to"] = {"mid": outbound.reply_to}
        body["message"] = self._message(outbound)
        return send_api.deliver(_graph(outbound.line), sender_id(outbound.line), body)

    def _message(self, outbound: Outbound) -> dict[str, Any]:
        if outbound.file:
            return self._file(outbound, outbound.file)
        if outbound.kind is Kind.STICKER:
            return {"attachment": {"type": "like_heart"}}  # the one sticker there is
        return send_api.words(outbound, TEXT_LIMIT, octets)

    def _file(self, outbound: Outbound, file: File) -> dict[str, Any]:
        check_file(self.limits, file)
        check_text(outbound.text, 0, octets)
        if by_page(outbound.line.config):
            return send_api.attachment(file, {"attachment_id": file.remote or self.upload(outbound.line, file)})
        if not file.url:
            raise Refused(Fault.CONTENT, text=faults.NO_ADDRESS)
        return send_api.attachment(file, {"url": file.url})


def by_page(config: Mapping[str, Any]) -> bool:
    """Whether the account is reached through the page it is linked to."""
    return config.get("login") == "page"


def sender_id(line: Line) -> str:
    """Whose messages they are, for Graph: the page's or the account's."""
    return str(line.config["page_id"]) if by_page(line.config) else line.external_id


def _graph(line: Line) -> graph.Graph:
    reach = graph.facebook if by_page(line.config) else graph.instagram
    return reach(line.token, line.graph_url)
