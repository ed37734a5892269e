"""How Graph refuses: its envelope, and the refusals the stand-in knows, by what they mean."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

TITLES = {
    10: "Application does not have permission for this action",
    551: "This person isn't available right now.",
    613: "Calls to this api have exceeded the rate limit.",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131062: "Business-scoped user ID (BSUID) recipients are not supported for this message",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    133010: "Account not registered",
}


class GraphError(Exception):
    """A refusal, with all that its envelope and headers say."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        subcode: int | None = None,
        details: str = "",
        is_transient: bool = False,
        headers: Mapping[str, str] | None = None,
        kind: str = "OAuthException",
    ) -> None:
        super().__init__(message)
        self.code, self.subcode, self.status = code, subcode, status
        self.headers = dict(headers or {})
        error: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            error["error_subcode"] = subcode
        if details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if is_transient:
            error["is_transient"] = True
        self._error = error

    def body(self) -> bytes:
        """The envelope; every one has its own fbtrace_id."""
        envelope = {"error": {**self._error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}
        return json.dumps(envelope, separators=(",", ":")).encode()


def invalid(why: str, *, subcode: int | None = None) -> GraphError:
    """100: a parameter that makes no sense."""
    return GraphError(100, f"(#100) {why}", subcode=subcode)


def bad_value(details: str) -> GraphError:
    """100 as WhatsApp says it: the message is general, the details tell."""
    return GraphError(100, "(#100) Invalid parameter", details=details)


def whatsapp(code: int, details: str, *, headers: Mapping[str, str] | None = None) -> GraphError:
    """One of WhatsApp's own codes."""
    return GraphError(code, f"(#{code}) {TITLES[code]}", details=details, headers=headers)


def unknown_object(method: str, object_id: str) -> GraphError:
    """100/33: no such object, or none that this token may see; Graph does not tell which."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded due "
        "to missing permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api"
    )
    return GraphError(100, message, subcode=33, kind="GraphMethodException")


def unknown_path(path: str) -> GraphError:
    return GraphError(2500, f"Unknown path components: {path}")


def token_missing() -> GraphError:
    return GraphError(104, "An access token is required to request this resource.", status=400)


def token_malformed() -> GraphError:
    return GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)


def token_dead(subcode: int) -> GraphError:
    """190 with 460 (the password changed) or 463 (expired or revoked)."""
    why = "Session has expired." if subcode == 463 else "The session has been invalidated."
    return GraphError(190, f"Error validating access token: {why}", status=401, subcode=subcode)


def forbidden(permission: str) -> GraphError:
    return GraphError(200, f"(#200) Requires {permission} permission to manage the object.", status=403)


def failure(code: int, details: str) -> dict[str, Any]:
    """The same refusal as a `failed` status tells it later."""
    title = TITLES[code]
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
