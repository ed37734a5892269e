"""Connecting WhatsApp numbers of a WhatsApp business account (a WABA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandeja.channels.meta import faults
from bandeja.channels.meta.found import Found, meta_id, said
from bandeja.channels.meta.graph import Answer, Graph, facebook
from bandeja.channels.meta.subscription import Subscription
from bandeja.channels.models import ChannelKey
from bandeja.channels.sending import Fault, Line, Refused

FIELDS = (
    "id,verified_name,display_phone_number,quality_rating,whatsapp_business_manager_messaging_limit,is_on_biz_app"
)
"""`messaging_limit_tier` was replaced by the portfolio's limit in 2025 (Meta, "Messaging limits")."""

SHARED = ("smb_app_state_sync", "history")
"""What the phone app has of before, its address book and its chats; the names come first. Meta lets each be asked for
once, in the 24 hours after the number was joined to the platform ("Onboarding WhatsApp Business app users")."""
PHONE_APP = "phone_app"
"""What an account's config says of it: which of SHARED were asked for since the number was joined (`Found`)."""
PARTED = frozenset({"ACCOUNT_OFFBOARDED", "ACCOUNT_RECONNECTED", "PARTNER_REMOVED"})
"""Events of an `account_update` by which a number leaves the platform or is joined again ("Reconnect offboarded
coexistence clients", "account_update webhook reference"): then SHARED may be asked for once more."""


def numbers(through: Graph, waba: str) -> list[Found]:
    """Every number of the business account, to choose from. Raises what `Graph` raises."""
    waba = meta_id(waba)
    return [_found(each, waba) for each in through.pages(f"{waba}/phone_numbers", fields=FIELDS, limit=100)]


def look(through: Graph, phone_number_id: str, waba: str) -> Found:
    """The number, if the token reaches it and it is one of the business account's. Raises what `Graph` raises."""
    phone_number_id, waba = meta_id(phone_number_id), meta_id(waba)
    found = _found(through.get(phone_number_id, fields=FIELDS), waba)
    if all(number.external_id != found.external_id for number in numbers(through, waba)):
        raise Refused(Fault.CONTENT, text=faults.OTHER_WABA)
    return found


def check(line: Line) -> Found:
    """The connected number as Meta describes it now: the cheap call that needs a valid token."""
    answer = facebook(line.token, line.graph_url).get(line.external_id, fields=FIELDS)
    return _found(answer, str(line.config.get("waba", "")))


def subscription(line: Line) -> Subscription:
    """Of the whole business account: all of its numbers share it."""
    return Subscription(facebook(line.token, line.graph_url), str(line.config.get("waba", "")))


def share(line: Line, kind: str) -> None:
    """Ask for one of SHARED: deliveries tell it, hours later perhaps. Raises what `Graph` raises."""
    body = {"messaging_product": "whatsapp", "sync_type": kind}
    facebook(line.token, line.graph_url).post(f"{line.external_id}/smb_app_data", body)


def own_callback(callback: str, verify_token: str) -> Mapping[str, str]:
    """What to begin a subscription with so that this business account's deliveries go to another address."""
    return {"override_callback_uri": callback, "verify_token": verify_token}


def _found(number: Answer, waba: str) -> Found:
    phone, name = said(number.get("display_phone_number")), said(number.get("verified_name"))
    config: dict[str, Any] = {"waba": waba, "phone": phone}
    if isinstance(coexists := number.get("is_on_biz_app"), bool):
        config["coexistence"] = coexists
    return Found(
        ChannelKey.WHATSAPP,
        said(number.get("id")),
        f"{name} {phone}".strip() or said(number.get("id")),
        config,
        quality=quality(number.get("quality_rating")),
        tier=said(number.get("whatsapp_business_manager_messaging_limit"), 40),
    )


def quality(value: object) -> str:
    """GREEN, YELLOW, RED or UNKNOWN, as Meta writes it today or did as an object."""
    return said(value.get("score") if isinstance(value, Mapping) else value, 20)
