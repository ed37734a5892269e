"""Sending by the Send API, which Messenger and Instagram share (meta.md A7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bandeja.channels.contract import Kind
from bandeja.channels.meta import graph
from bandeja.channels.meta.graph import Graph
from bandeja.channels.meta.limits import cannot_send, check_buttons, check_text, plain, too_late
from bandeja.channels.meta.splitting import Width
from bandeja.channels.sending import HUMAN_AGENT, File, Outbound, Unanswered

MOST_QUICK_REPLIES = 13

ATTACHMENTS = {
    Kind.IMAGE: "image",
    Kind.VIDEO: "video",
    Kind.AUDIO: "audio",
    Kind.VOICE: "audio",
    Kind.DOCUMENT: "file",
}
"""What the Send API calls a kind of file."""


def envelope(outbound: Outbound) -> dict[str, Any]:
    """Whom it is for and why it may go. After 24 hours only a person's own text may, with the human agent tag.

    Raises Refused where it may not, without a call. Message tags other than this one ended in April 2026.
    """
    body: dict[str, Any] = {"recipient": {"id": outbound.to[1]}, "messaging_type": "RESPONSE"}
    if outbound.late:
        if not (_is_words(outbound) and outbound.by_person and outbound.line.config.get(HUMAN_AGENT) is True):
            raise too_late()
        body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return body


def words(outbound: Outbound, limit: int, width: Width) -> dict[str, Any]:
    """A text, with its buttons as quick replies. Raises Refused for what is neither."""
    buttons = outbound.data.get("buttons")
    if outbound.kind is not Kind.TEXT or not outbound.data.keys().isdisjoint({"template", "location"}):
        raise cannot_send(outbound.kind)
    check_text(outbound.text, limit, width)
    if not buttons:
        return {"text": outbound.text}
    check_buttons(buttons, MOST_QUICK_REPLIES)
    replies = [{"content_type": "text", "title": str(each["title"]), "payload": str(each["id"])} for each in buttons]
    return {"text": outbound.text, "quick_replies": replies}


def attachment(file: File, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A file, by the id it was uploaded under or by its address."""
    return {"attachment": {"type": ATTACHMENTS[file.kind], "payload": dict(payload)}}


def upload(through: Graph, page_id: str, file: File, **more: str) -> str:
    """The id of a file handed over to a page, to be sent by it."""
    fields = {**more, "message": json.dumps(attachment(file, {"is_reusable": True}))}
    with file.open() as stream:
        part = (file.name, stream, plain(file.mime))
        answer = through.upload(f"{page_id}/message_attachments", fields, "filedata", part)
    return graph.told_id(answer, "attachment_id")


def deliver(through: Graph, sender_id: str, body: Mapping[str, Any]) -> str:
    """Send, and answer the message's mid. An answer without one leaves its fate unknown."""
    answer = through.post(f"{sender_id}/messages", body)
    if not answer.get("message_id"):
        raise Unanswered("Meta's answer names no message.")
    return str(answer["message_id"])


def _is_words(outbound: Outbound) -> bool:
    return outbound.kind is Kind.TEXT and outbound.file is None
