"""Reads bodies as the drain does, for the accounts that are connected in every test of Meta's channels."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bandeja.channels.contract import Delivery, Parsed
from bandeja.channels.meta.delivery import Meta
from bandeja.channels.meta.tests import events
from bandeja.channels.whatsapp.tests import payloads

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
LINES = {("whatsapp", payloads.PHONE_ID): 1, ("messenger", events.US): 2, ("instagram", events.US): 3}

meta = Meta()


def parse(body: object) -> Parsed:
    return parse_bytes(json.dumps(body).encode())


def parse_bytes(body: bytes) -> Parsed:
    return meta.parse(Delivery(0, body, {}, NOON, LINES))


def count(parsed: Parsed) -> int:
    """How many things it said, and how many it did not understand."""
    lists = (
        parsed.inbound,
        parsed.bad,
        parsed.statuses,
        parsed.watermarks,
        parsed.annotations,
        parsed.renamings,
        parsed.notices,
    )
    return sum(len(one) for one in lists)
