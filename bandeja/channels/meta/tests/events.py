"""What Messenger and Instagram send, written by hand after meta.md A5 and A6: each event as it stands in its list."""

from __future__ import annotations

from typing import Any

Item = dict[str, Any]

US = "1234567890"
LIA = "5678901234567"
SENT_AT = 1793707200123
"""3 November 2026, 12:00 UTC, in milliseconds."""


def event(**more: Any) -> Item:
    """Of Lía's."""
    return {"sender": {"id": LIA}, "recipient": {"id": US}, "timestamp": SENT_AT, **more}


def ours(**more: Any) -> Item:
    return {"sender": {"id": US}, "recipient": {"id": LIA}, "timestamp": SENT_AT, **more}


def message(mid: str, **more: Any) -> Item:
    return event(message={"mid": mid, **more})


def attached(kind: str, mid: str | None = None, **payload: Any) -> Item:
    return message(
        mid or f"m_{kind}", attachments=[{"type": kind, "payload": payload} if payload else {"type": kind}]
    )


URL = "https://scontent.xx.fbcdn.net/v/1.jpg?oh=1&oe=2"

MESSAGES: dict[str, Item] = {
    "text": message("m_text", text="¿Tienen la talla 38?"),
    "reply": message("m_reply", text="Esa", reply_to={"mid": "m_ours", "is_self_reply": False}),
    "quick reply": message("m_quick", text="Sí", quick_reply={"payload": "YES"}),
    "image": attached("image", url=URL),
    "old sticker": attached("image", "m_thumb", url=URL, sticker_id=369239263222822),
    "sticker": attached("sticker", url=URL, sticker_id="369239263222822"),
    "video": attached("video", url=URL),
    "audio": attached("audio", url=URL),
    "file": attached("file", url=URL, title="pedido.pdf"),
    "two images": message(
        "m_two",
        text="Estas",
        attachments=[{"type": "image", "payload": {"url": URL}}, {"type": "image", "payload": {"url": f"{URL}2"}}],
    ),
    "location": message(
        "m_location",
        attachments=[
            {"type": "location", "title": "Lía's location", "payload": {"coordinates": {"lat": 4.65, "long": -74.08}}}
        ],
    ),
    "link": message("m_link", text="https://a.co", attachments=[{"type": "fallback", "title": "A", "payload": None}]),
    "bare link": message("m_bare", attachments=[{"type": "fallback", "title": "A", "url": "https://a.co"}]),
    "reel": attached("reel", url="https://www.facebook.com/reel/1", title="Reel", reel_video_id=1),
    "ig_reel": attached("ig_reel", url=URL),
    "post": attached("post", url=URL),
    "ig_post": attached("ig_post", url=URL),
    "share": attached("share", url=URL),
    "story": attached("ig_story", url=URL),
    "story mention": attached("story_mention", url=URL),
    "story reply": message("m_story", text="¡Linda!", reply_to={"story": {"id": "17", "url": URL}}),
    "like_heart": attached("like_heart"),
    "ephemeral": attached("ephemeral"),
    "unsupported_type": attached("unsupported_type"),
    "appointment_booking": attached("appointment_booking", id="1"),
    "template": attached("template", text="Elige", template_type="button"),
    "product": attached("template", product={"elements": [{"id": "1", "title": "Ruta 28", "subtitle": "Azul"}]}),
    "card": attached("template", generic={"elements": [{"title": "Casco"}, {"title": "Guantes"}]}),
    "is_unsupported": message("m_unsupported", is_unsupported=True),
    "referred": message("m_referred", text="Hola", referral={"ref": "R", "source": "ADS", "ad_id": "6"}),
    "empty": message("m_empty"),
}
"""Messages that come out as one Inbound each."""

ECHOES: dict[str, Item] = {
    "echo": ours(
        message={"mid": "m_echo", "is_echo": True, "app_id": 26390203743090, "text": "Hay", "metadata": "7c4d"}
    ),
    "echo of an image": ours(
        message={"mid": "m_echoimage", "is_echo": True, "attachments": [{"type": "image", "payload": {"url": URL}}]}
    ),
    "echo without its mark": ours(message={"mid": "m_unmarked", "text": "Hay"}),
}

OTHERS: dict[str, Item] = {
    "postback": event(postback={"title": "Empezar", "payload": "GET_STARTED", "mid": "m_postback"}),
    "old postback": event(postback={"title": "Empezar", "payload": "GET_STARTED", "referral": {"ref": "R"}}),
    "standby postback": event(postback={"title": "Empezar"}, timestamp=SENT_AT + 1),
    "order": event(
        order={"products": [{"id": 5, "name": "Zapatos", "quantity": 2, "unit_price": 9, "currency": "COP"}]}
    ),
    "referral": event(referral={"ref": "R", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
    "optin": event(optin={"type": "notification_messages", "payload": "P"}),
    "handover": event(pass_thread_control={"new_owner_app_id": "123", "metadata": "m"}),
    "taken": event(take_thread_control={"previous_owner_app_id": "123"}),
    "asked": event(request_thread_control={"requested_owner_app_id": 123}),
}
"""Events that come out as one Inbound each."""

ANNOTATIONS: dict[str, Item] = {
    "reaction": event(reaction={"mid": "m_text", "action": "react", "reaction": "love", "emoji": "❤"}),
    "named reaction": event(reaction={"mid": "m_text", "action": "react", "reaction": "wow"}),
    "unreaction": event(reaction={"mid": "m_text", "action": "unreact"}),
    "edit": event(message_edit={"mid": "m_text", "text": "¿Y la 39?", "num_edit": "1"}),
    "unsend": message("m_text", is_deleted=True),
    "our unsend": ours(message={"mid": "m_echo", "is_echo": True, "is_deleted": True}),
}

REACHED: dict[str, Item] = {
    "delivery": {
        "sender": {"id": LIA},
        "recipient": {"id": US},
        "delivery": {"mids": ["m_1", "m_2"], "watermark": SENT_AT},
    },
    "delivery without ids": event(delivery={"watermark": SENT_AT}),
    "read": event(read={"watermark": SENT_AT}),
    "seen": event(read={"mid": "m_1"}),
}

NOTICES: dict[str, Item] = {
    "self": {**event(message={"mid": "m_self", "is_self": True, "text": "x"}), "sender": {"id": US}},
    "optin of nobody": {"recipient": {"id": US}, "timestamp": SENT_AT, "optin": {"user_ref": "U"}},
    "app_roles": {"recipient": {"id": US}, "timestamp": SENT_AT, "app_roles": {"123": ["primary_receiver"]}},
    "policy_enforcement": {"recipient": {"id": US}, "policy-enforcement": {"action": "block", "reason": "…"}},
    "account_linking": event(account_linking={"status": "linked"}),
    "response_feedback": event(response_feedback={"feedback": "Good bot", "mid": "m_1"}),
}


def body(name: str, *events: Item, under: str = "messaging") -> Item:
    """`name` is Meta's: `page` or `instagram`."""
    return {"object": name, "entry": [{"id": US, "time": SENT_AT, under: list(events)}]}
