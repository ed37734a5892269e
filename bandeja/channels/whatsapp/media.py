"""Where WhatsApp keeps a file: its webhook tells an id, and Graph the address of that, good for five minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from bandeja.channels.fetching import BROKEN, GONE, LOCKED, SILENT, Source, Trouble, refuse
from bandeja.channels.sending import Line

GRAPH = "https://graph.facebook.com"
VERSION = "v26.0"
UNKNOWN_ID = (100, 33)
"""Graph's code and subcode for what it does not know, or no longer (meta.md A10)."""


class WhatsAppMedia:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media, seen November 2026."""

    patience = timedelta(days=7)

    def locate(self, remote: str, line: Line, client: httpx.Client) -> Source:
        """Ask Graph where the file is. The address wants the token too, and 404s after five minutes."""
        bearer = {"Authorization": f"Bearer {line.token}"}
        url = f"{(line.graph_url or GRAPH).rstrip('/')}/{VERSION}/{quote(remote, safe='')}"
        answer = client.get(url, params={"phone_number_id": line.external_id}, headers=bearer)
        told = _object(answer)
        if answer.status_code != 200:
            raise _refusal(answer.status_code, told.get("error"))
        if not isinstance(told.get("url"), str):
            raise Trouble(BROKEN)
        return Source(told["url"], bearer, brief=True)


def _object(answer: httpx.Response) -> dict[str, Any]:
    """What it says, if it says anything: a proxy in between answers with a page."""
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _refusal(status: int, error: Any) -> Trouble:
    code, subcode = (error.get("code"), error.get("error_subcode")) if isinstance(error, dict) else (None, None)
    if (code, subcode) == UNKNOWN_ID:
        return Trouble(GONE, most=3)
    if code in {0, 3, 10, 190} or (isinstance(code, int) and 200 <= code <= 299):
        return Trouble(LOCKED)
    if code in {1, 2, 4, 17, 32, 613, 80007, 130429}:
        return Trouble(SILENT)
    try:
        refuse(status)
    except Trouble as trouble:
        return trouble
    return Trouble(BROKEN)
