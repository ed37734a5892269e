"""What a message to a Page's or an Instagram account's contact must look like, and what each may send."""

from __future__ import annotations

from dataclasses import dataclass

from bandeja.standin import errors
from bandeja.standin.world import INSTAGRAM, PAGE, Json

MEGA = 1024 * 1024
DEAD_TAGS = {"CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", "ACCOUNT_UPDATE"}  # retired on 27 April 2026
TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"}
ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}
KEYS = {"recipient", "messaging_type", "tag", "message", "sender_action", "payload", "reply_to", "notification_type"}
MESSAGE_KEYS = {"text", "attachment", "attachments", "quick_replies", "metadata", "reply_to"}


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which attachments a channel takes: by type, the MIME types (as beginnings) and the most bytes."""

    mimes: dict[str, tuple[tuple[str, ...], int]]
    others: frozenset[str]


LIMITS = {
    PAGE: Kinds(
        {
            "image": (("image/jpeg", "image/png", "image/gif", "image/webp"), 8 * MEGA),
            "video": (("video/",), 25 * MEGA),
            "audio": (("audio/",), 25 * MEGA),
            "file": (("",), 25 * MEGA),
        },
        frozenset({"template"}),
    ),
    INSTAGRAM: Kinds(
        {
            "image": (("image/jpeg", "image/png"), 8 * MEGA),
            "video": (
                ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"),
                25 * MEGA,
            ),
            "audio": (("audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav"), 25 * MEGA),
        },
        frozenset({"like_heart", "MEDIA_SHARE", "template"}),
    ),
}


def check(given: Json, kind: str) -> None:
    """Look at a call to the Send API. Raises GraphError with what is wrong."""
    _only(given, KEYS | {"access_token"}, "")
    if "sender_action" in given:
        _check_action(given)
        return
    message = given.get("message")
    if not isinstance(message, dict) or not message:
        raise errors.invalid("You must provide a message or a sender_action")
    if kind == PAGE and "messaging_type" not in given:
        raise errors.invalid("The parameter messaging_type is required")
    if given.get("messaging_type", "RESPONSE") not in TYPES:
        raise errors.invalid(f"Param messaging_type must be one of {{{', '.join(sorted(TYPES))}}}")
    _check_message(message, kind)


def _check_action(given: Json) -> None:
    if given["sender_action"] not in ACTIONS:
        raise errors.invalid(f"Param sender_action must be one of {{{', '.join(sorted(ACTIONS))}}}")
    if "message" in given:
        raise errors.invalid("Only recipient and sender_action may be given together", subcode=2018143)


def _check_message(message: Json, kind: str) -> None:
    _only(message, MESSAGE_KEYS, "message")
    bodies = [name for name in ("text", "attachment", "attachments") if name in message]
    if len(bodies) != 1:
        raise errors.invalid("Exactly one of text, attachment and attachments must be given in message")
    if "text" in message:
        _check_text(message["text"], kind)
    if "attachment" in message:
        check_attachment(message["attachment"], kind)
    if len(str(message.get("metadata", ""))) > 1000:
        raise errors.invalid("Length of param message[metadata] must be less than or equal to 1000")
    _check_quick_replies(message.get("quick_replies", []))


def _check_text(text: object, kind: str) -> None:
    """2000 characters on Messenger, 1000 bytes on Instagram."""
    if not isinstance(text, str) or not text.strip():
        raise errors.invalid("Param message[text] must be a non-empty string")
    if kind == PAGE and len(text) > 2000:
        raise errors.invalid("Length of param message[text] must be less than or equal to 2000")
    if kind == INSTAGRAM and len(text.encode()) > 1000:
        raise errors.invalid(
            "Length of param message[text] must be less than or equal to 1000 bytes", subcode=2534038
        )


def check_attachment(attachment: object, kind: str) -> None:
    """Its type, and where its file is: an address, an id, or a file in the form."""
    if not isinstance(attachment, dict):
        raise errors.invalid("Param message[attachment] must be a JSON object")
    _only(attachment, {"type", "payload"}, "attachment")
    limits = LIMITS[kind]
    if attachment.get("type") not in {*limits.mimes, *limits.others}:
        allowed = ", ".join(sorted({*limits.mimes, *limits.others}))
        raise errors.invalid(f"Param message[attachment][type] must be one of {{{allowed}}}")
    payload = attachment.get("payload", {})
    if not isinstance(payload, dict):
        raise errors.invalid("Param message[attachment][payload] must be a JSON object")
    if attachment["type"] in limits.mimes:
        _only(payload, {"url", "is_reusable", "attachment_id"}, "payload")
        if "url" in payload and "attachment_id" in payload:
            raise errors.invalid("Only one of url and attachment_id may be given", subcode=2018074)


def refuse_file(kind: str, attachment_type: str, mime: str, data: bytes) -> None:
    """Raises GraphError when this file may not be sent as this type."""
    prefixes, most = LIMITS[kind].mimes[attachment_type]
    if not mime.startswith(prefixes):
        raise errors.invalid(f"Upload attachment failure: {mime} is no {attachment_type}.", subcode=2018047)
    if not 0 < len(data) <= most:
        raise errors.invalid(f"Upload attachment failure: {len(data)} bytes; at most {most}.", subcode=2018047)


def _check_quick_replies(replies: object) -> None:
    if not isinstance(replies, list) or len(replies) > 13:
        raise errors.invalid("Param message[quick_replies] must be an array of at most 13")
    for reply in replies:
        if reply.get("content_type") != "text":
            continue
        if not 0 < len(str(reply.get("title", ""))) <= 20 or not 0 < len(str(reply.get("payload", ""))) <= 1000:
            raise errors.invalid("A quick reply needs a title of at most 20 characters and a payload")


def _only(node: Json, names: set[str], where: str) -> None:
    for name in node:
        if name not in names:
            raise errors.invalid(f'Invalid keys "{name}" were found in param "{where or "request"}".')
