"""What WhatsApp sends, written by hand after meta.md A4: each item as it stands in its list."""

from __future__ import annotations

from typing import Any

Item = dict[str, Any]

PHONE_ID = "106540352242922"
WABA = "215589313241560"
BUSINESS = "15550783881"
LIA = "573001234567"
LIA_BSUID = "CO.1349120865530274"
LIA_PARENT = "CO.ENT.118157992128"
SENT_AT = "1793707200"
"""3 November 2026, 12:00 UTC."""

CONTACT: Item = {
    "profile": {"name": "Lía Restrepo", "username": "@lia"},
    "wa_id": LIA,
    "user_id": LIA_BSUID,
    "parent_user_id": LIA_PARENT,
}


def message(kind: str, wamid: str | None = None, **more: Any) -> Item:
    """A message of Lía's."""
    common = {"id": wamid or f"wamid.{kind}", "from": LIA, "from_user_id": LIA_BSUID, "timestamp": SENT_AT}
    return {**common, "type": kind, **more}


def media(**more: Any) -> Item:
    return {"id": "1003383421387256", "mime_type": "image/jpeg", "sha256": "SfInY0gGKTsJlUWbwxC1k=", **more}


def interactive(kind: str, **chosen: Any) -> Item:
    return message("interactive", f"wamid.{kind}", interactive={"type": kind, kind: chosen})


def system(kind: str, wamid: str | None = None, **more: Any) -> Item:
    return {"id": wamid or f"wamid.{kind}", "timestamp": SENT_AT, "type": "system", "system": {"type": kind, **more}}


MESSAGES: dict[str, Item] = {
    "text": message("text", text={"body": "¿Tienen la talla 38?"}),
    "image": message("image", image=media(caption="Esta", url="https://lookaside.fbsbx.com/whatsapp/1")),
    "video": message("video", video=media(mime_type="video/mp4")),
    "document": message("document", document=media(mime_type="application/pdf", filename="pedido.pdf", caption="Va")),
    "audio": message("audio", audio=media(mime_type="audio/mpeg", voice=False)),
    "voice": message("audio", "wamid.voice", audio=media(mime_type="audio/ogg; codecs=opus", voice=True)),
    "old voice": message("voice", "wamid.oldvoice", voice=media(mime_type="audio/ogg")),
    "sticker": message("sticker", sticker=media(mime_type="image/webp", animated=True)),
    "location": message(
        "location",
        location={
            "latitude": 4.6534,
            "longitude": -74.0836,
            "name": "Parque",
            "address": "Cl. 63",
            "url": "https://m.me",
        },
    ),
    "bare location": message("location", "wamid.bare", location={"latitude": 0, "longitude": 0.0}),
    "contacts": message(
        "contacts",
        contacts=[
            {
                "name": {"formatted_name": "Ana Gil"},
                "phones": [{"phone": "+57 310", "wa_id": "57310", "type": "CELL"}],
            },
            {"phones": [{"wa_id": "573009"}], "emails": [{"email": "b@example.com"}], "org": {"company": "Gil"}},
        ],
    ),
    "order": message(
        "order",
        order={
            "catalog_id": "194836987003835",
            "text": "",
            "product_items": [
                {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 30.5, "currency": "COP"},
                {"product_retailer_id": "SKU-2", "quantity": "1", "item_price": "9", "currency": "COP"},
            ],
        },
    ),
    "button": message(
        "button", button={"text": "Sí", "payload": "yes"}, context={"from": BUSINESS, "id": "wamid.ours"}
    ),
    "button reply": interactive("button_reply", id="b1", title="Comprar"),
    "list reply": interactive("list_reply", id="r1", title="Azul", description="Talla 38"),
    "form reply": interactive("nfm_reply", name="flow", body="Enviado", response_json='{"talla": "38"}'),
    "odd form reply": {
        **interactive("nfm_reply", name="flow", body="Enviado", response_json='["no", "object"]'),
        "id": "wamid.oddform",
    },
    "call permission": interactive("call_permission_reply", response="accept", expiration_timestamp=1793900000),
    "lost interactive": message("interactive", "wamid.lost", context={"id": "wamid.ours", "from": BUSINESS}),
    "unsupported": message("unsupported", errors=[{"code": 131051, "title": "Message type unknown"}]),
    "poll": message("unsupported", "wamid.poll", unsupported={"type": "poll_creation"}, errors=[{"code": 131051}]),
    "unsupported edit": message("unsupported", "wamid.uedit", unsupported={"type": "edit"}),
    "unsupported revoke": message("unsupported", "wamid.urevoke", unsupported={"type": "revoke"}),
    "unsupported reaction": message("unsupported", "wamid.ureaction", unsupported={"type": "reaction"}),
    "unknown": message("unknown", errors=[{"code": 131051}]),
    "hologram": message("hologram", hologram={"id": "1"}),
    "welcome": message("request_welcome"),
    "referred": message(
        "text",
        "wamid.referred",
        text={"body": "Hola"},
        referral={"source_url": "https://fb.me/1", "source_type": "ad", "source_id": "1", "headline": "Zapatos"},
    ),
    "forwarded reply": message(
        "text", "wamid.reply", text={"body": "Esa"}, context={"from": BUSINESS, "id": "wamid.ours", "forwarded": True}
    ),
    "username only": {
        "id": "wamid.username",
        "from_user_id": "PE.998877",
        "timestamp": SENT_AT,
        "type": "text",
        "text": {"body": "Hola"},
    },
}
"""Messages that come out as one Inbound each."""

ANNOTATIONS: dict[str, Item] = {
    "reaction": message("reaction", reaction={"message_id": "wamid.text", "emoji": "👍"}),
    "reaction removed": message("reaction", "wamid.unreact", reaction={"message_id": "wamid.text"}),
    "edit": message(
        "edit", edit={"original_message_id": "wamid.text", "message": {"type": "text", "text": {"body": "¿Y la 39?"}}}
    ),
    "edited caption": message(
        "edit",
        "wamid.editcaption",
        edit={"original_message_id": "wamid.image", "message": {"type": "image", "image": media(caption="Esa")}},
    ),
    "revoke": message("revoke", revoke={"original_message_id": "wamid.text"}),
}

SYSTEMS: dict[str, Item] = {
    "number changed": {**system("user_changed_number", wa_id="573119998877", body="Lía cambió"), "from": LIA},
    "number changed, older": system(
        "customer_changed_number", new_wa_id="573119998877", customer=LIA, body="Lía changed"
    ),
    "id changed": system("user_changed_user_id", user_id="MX.0987", body="User changed from CO.1234 to MX.0987"),
    "id changed, told": system("user_changed_user_id", "wamid.idtold", user_id="MX.0987", previous_user_id="CO.1234"),
    "identity changed": {
        **system("customer_identity_changed", body="Identity changed"),
        "from": LIA,
        "identity": {"acknowledged": True, "created_timestamp": SENT_AT, "hash": "x"},
    },
}


def status(name: str, **more: Any) -> Item:
    return {"id": "wamid.ours", "status": name, "timestamp": SENT_AT, "recipient_id": LIA, **more}


FAILURE: Item = {
    "code": 131047,
    "title": "Re-engagement message",
    "message": "Re-engagement message",
    "error_data": {"details": "More than 24 hours have passed"},
    "href": "https://developers.facebook.com/",
}

STATUSES: dict[str, Item] = {
    "sent": status("sent", biz_opaque_callback_data="7c4d", pricing={"billable": True, "pricing_model": "PMP"}),
    "delivered": status("delivered", recipient_user_id=LIA_BSUID),
    "read": status("read"),
    "played": status("played"),
    "failed": status("failed", errors=[FAILURE]),
    "free": status(
        "sent",
        conversation={"id": "c", "expiration_timestamp": "1793966400", "origin": {"type": "referral_conversion"}},
        pricing={"billable": False, "type": "free_entry_point"},
    ),
    "not free": status(
        "sent", conversation={"id": "c", "expiration_timestamp": "1793966400", "origin": {"type": "service"}}
    ),
    "in a group": status("read", recipient_type="group", recipient_participant_id=LIA),
}

FORMER_STATUSES: dict[str, Item] = {
    "deleted": status("deleted"),
    "warning": status("warning"),
    "of a call": {"id": "wacid.1", "type": "call", "status": "RINGING", "timestamp": SENT_AT, "recipient_id": LIA},
}


def echo(kind: str, wamid: str, **more: Any) -> Item:
    return {
        "id": wamid,
        "from": BUSINESS,
        "to": LIA,
        "to_user_id": LIA_BSUID,
        "timestamp": SENT_AT,
        "type": kind,
        **more,
    }


ECHOES: dict[str, Item] = {
    "text": echo("text", "wamid.echo", text={"body": "Claro, hay"}),
    "image": echo("image", "wamid.echoimage", image=media()),
}
ECHOED_ANNOTATIONS: dict[str, Item] = {
    "revoke": echo("revoke", "wamid.echorevoke", revoke={"original_message_id": "wamid.echo"}),
    "edit": echo(
        "edit",
        "wamid.echoedit",
        edit={"original_message_id": "wamid.echo", "message": {"type": "text", "text": {"body": "Sí hay"}}},
    ),
    "reaction": echo("reaction", "wamid.echoreaction", reaction={"message_id": "wamid.text", "emoji": "❤️"}),
}

CALLS: dict[str, Item] = {
    "theirs": {"id": "wacid.in", "from": LIA, "to": BUSINESS, "event": "connect", "direction": "USER_INITIATED"},
    "ours": {"id": "wacid.out", "from": BUSINESS, "to": LIA, "event": "terminate", "direction": "BUSINESS_INITIATED"},
}

HISTORY: Item = {
    "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
    "threads": [
        {
            "id": LIA,
            "messages": [
                {**message("text", "wamid.h1", text={"body": "Hace tiempo"}), "history_context": {"status": "READ"}},
                {"id": "wamid.h2", "from": BUSINESS, "timestamp": SENT_AT, "type": "text", "text": {"body": "Sí"}},
                {"id": "wamid.h3", "from": LIA, "timestamp": SENT_AT, "type": "media_placeholder"},
            ],
        }
    ],
}
HISTORY_REFUSED: Item = {"errors": [{"code": 2593109, "title": "History sharing is turned off"}]}

USER_ID_UPDATES: dict[str, Item] = {
    "id": {
        "wa_id": LIA,
        "detail": "changed",
        "user_id": {"previous": "CO.1", "current": "CO.2"},
        "parent_user_id": {"previous": "CO.ENT.1", "current": "CO.ENT.2"},
        "timestamp": SENT_AT,
    },
    "first id": {"wa_id": LIA, "user_id": {"current": "CO.2"}, "timestamp": SENT_AT},
}

NOTICES: dict[str, Item] = {
    "message_template_status_update": {
        "event": "APPROVED",
        "message_template_id": 594425479261596,
        "message_template_name": "envio",
        "message_template_language": "es_MX",
        "reason": None,
    },
    "message_template_quality_update": {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
    "template_category_update": {"message_template_id": 1, "new_category": "MARKETING"},
    "account_update": {"event": "PARTNER_REMOVED", "waba_info": {"waba_id": "980198427658004"}},
    "phone_number_quality_update": {"display_phone_number": BUSINESS, "event": "FLAGGED", "current_limit": "TIER_1K"},
}


def value(**lists: Any) -> Item:
    metadata = {"display_phone_number": "+1 555-078-3881", "phone_number_id": PHONE_ID}
    return {"messaging_product": "whatsapp", "metadata": metadata, **lists}


def change(field: str = "messages", **lists: Any) -> Item:
    return {"field": field, "value": value(**lists)}


def body(*changes: Item) -> Item:
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": list(changes)}]}
