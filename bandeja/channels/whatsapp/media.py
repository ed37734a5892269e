"""Where WhatsApp keeps a file: its webhook tells an id, and Graph the address of that, good for five minutes."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import httpx

from bandeja.channels.fetching import BROKEN, GONE, LOCKED, SILENT, Source, Trouble
from bandeja.channels.meta import graph
from bandeja.channels.sending import Fault, Line, NotReached, Refused, Unanswered

UNKNOWN_ID = (100, 33)
"""Graph's code and subcode for what it does not know, or no longer (meta.md A10)."""


class WhatsAppMedia:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media, seen November 2026."""

    patience = timedelta(days=7)

    def locate(self, remote: str, line: Line, client: httpx.Client) -> Source:
        """Ask Graph where the file is. The address wants the token too, and 404s after five minutes."""
        try:
            told = graph.facebook(line.token, line.graph_url).get(
                quote(remote, safe=""), phone_number_id=line.external_id
            )
        except Refused as refused:
            raise _trouble(refused) from refused
        except (NotReached, Unanswered) as error:
            raise Trouble(SILENT) from error
        url = told.get("url")
        if not isinstance(url, str):
            raise Trouble(BROKEN)
        return Source(url, {"Authorization": f"Bearer {line.token}"}, brief=True)


def _trouble(refused: Refused) -> Trouble:
    if (refused.code, refused.subcode) == UNKNOWN_ID:
        return Trouble(GONE, most=3)
    if refused.fault is Fault.TOKEN:
        return Trouble(LOCKED)
    return Trouble(SILENT)
