"""Sending by the WhatsApp Cloud API (meta.md A7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bandeja.channels.contract import Identity, Kind
from bandeja.channels.meta import graph, windows
from bandeja.channels.meta.limits import (
    BUTTON_TITLE,
    KB,
    MB,
    cannot_send,
    check_buttons,
    check_file,
    check_text,
    plain,
    too_late,
)
from bandeja.channels.meta.splitting import split, units
from bandeja.channels.sending import Buttons, File, Limit, Line, Outbound, Unanswered, Window

TEXT_LIMIT = 4_096
BUTTON_TEXT_LIMIT = 1_024
MOST_BUTTONS = 3

BY_BSUID = frozenset({"bsuid", "parent_bsuid"})
"""Kinds of identity that go as `recipient`: the ids of people whose number WhatsApp does not show."""
NODES = {Kind.VOICE: "audio"}
"""What WhatsApp calls a kind of file, where it is not our word."""

AUDIO = Limit(frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * MB)


class WhatsAppSender:
    """A number's way out. Messages after 24 hours are templates only."""

    limits: Mapping[Kind, Limit] = {
        Kind.IMAGE: Limit(frozenset({"image/jpeg", "image/png"}), 5 * MB),
        Kind.VIDEO: Limit(frozenset({"video/mp4", "video/3gpp"}), 16 * MB),
        Kind.AUDIO: AUDIO,
        Kind.VOICE: AUDIO,
        Kind.DOCUMENT: Limit(frozenset(), 100 * MB),
        Kind.STICKER: Limit(frozenset({"image/webp"}), 100 * KB, moving=500 * KB),
    }
    captions: Mapping[Kind, int] = {Kind.IMAGE: 1_024, Kind.VIDEO: 1_024, Kind.DOCUMENT: 1_024}
    has_templates = True
    buttons: Buttons | None = Buttons(MOST_BUTTONS, BUTTON_TITLE, BUTTON_TEXT_LIMIT)
    has_places = True

    def split(self, text: str) -> Sequence[str]:
        """Parts of 4096 characters."""
        return split(text, TEXT_LIMIT, units)

    def window(self, opened_at: datetime | None, free_until: datetime | None, config: Mapping[str, Any]) -> Window:
        """24 hours, or until the channel says."""
        return windows.whatsapp(opened_at, free_until)

    def upload(self, line: Line, file: File) -> str:
        """The media id; it lives 30 days."""
        check_file(self.limits, file)
        fields = {"messaging_product": "whatsapp", "type": plain(file.mime)}
        with file.open() as stream:
            answer = _graph(line).upload(
                f"{line.external_id}/media", fields, "file", (file.name, stream, plain(file.mime))
            )
        return graph.told_id(answer, "id")

    def send(self, outbound: Outbound) -> str:
        """The message's wamid. An answer without one leaves its fate unknown."""
        if outbound.late and "template" not in outbound.data:
            raise too_late()
        body = {**_envelope(outbound), **self._content(outbound)}
        answer = _graph(outbound.line).post(f"{outbound.line.external_id}/messages", body)
        sent = answer.get("messages")
        if isinstance(sent, list) and sent and isinstance(sent[0], dict) and sent[0].get("id"):
            return str(sent[0]["id"])
        raise Unanswered("WhatsApp's answer names no message.")

    def _content(self, outbound: Outbound) -> dict[str, Any]:
        if "template" in outbound.data:
            return self._template(outbound)
        if outbound.file:
            return self._file(outbound, outbound.file)
        if "buttons" in outbound.data:
            return _buttons(outbound.text, outbound.data["buttons"])
        if "location" in outbound.data:
            return {"type": "location", "location": dict(outbound.data["location"])}
        if outbound.kind is not Kind.TEXT:
            raise cannot_send(outbound.kind)
        check_text(outbound.text, TEXT_LIMIT, units)
        return {"type": "text", "text": {"body": outbound.text, "preview_url": False}}

    def _file(self, outbound: Outbound, file: File) -> dict[str, Any]:
        check_text(outbound.text, self.captions.get(file.kind, 0), units)
        kind, node = self._node(outbound.line, file)
        return {"type": kind, kind: {**node, "caption": outbound.text} if outbound.text else node}

    def _template(self, outbound: Outbound) -> dict[str, Any]:
        """A file that comes with a template is its header."""
        template = outbound.data["template"]
        called: dict[str, Any] = {"name": template["name"], "language": {"code": template["language"]}}
        components = list(template.get("components", ()))
        if outbound.file:
            kind, node = self._node(outbound.line, outbound.file)
            components.insert(0, {"type": "header", "parameters": [{"type": kind, kind: node}]})
        return {"type": "template", "template": {**called, "components": components} if components else called}

    def _node(self, line: Line, file: File) -> tuple[str, dict[str, str]]:
        check_file(self.limits, file)
        node = {"id": file.remote or self.upload(line, file)}
        if file.kind is Kind.DOCUMENT:
            node["filename"] = file.name
        return NODES.get(file.kind, file.kind.value), node


def _graph(line: Line) -> graph.Graph:
    return graph.facebook(line.token, line.graph_url)


def _envelope(outbound: Outbound) -> dict[str, Any]:
    envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", **_address(outbound.to)}
    if outbound.reply_to:
        envelope["context"] = {"message_id": outbound.reply_to}
    if outbound.handle:
        envelope["biz_opaque_callback_data"] = outbound.handle
    return envelope


def _address(to: Identity) -> dict[str, Any]:
    kind, value = to
    return {"recipient" if kind in BY_BSUID else "to": value}


def _buttons(text: str, buttons: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    check_buttons(buttons, MOST_BUTTONS)
    check_text(text, BUTTON_TEXT_LIMIT, units)
    replies = [{"type": "reply", "reply": {"id": str(each["id"]), "title": str(each["title"])}} for each in buttons]
    return {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": text}, "action": {"buttons": replies}},
    }
