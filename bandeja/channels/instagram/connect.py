"""Connecting an Instagram professional account: by its own login, or by the page it is linked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bandeja.channels.instagram.send import by_page, sender_id
from bandeja.channels.messenger.connect import FIELDS as PAGE_FIELDS
from bandeja.channels.meta import faults
from bandeja.channels.meta.found import Found, said
from bandeja.channels.meta.graph import Answer, Graph, facebook, instagram
from bandeja.channels.meta.subscription import Subscription
from bandeja.channels.models import ChannelKey
from bandeja.channels.sending import Fault, Line, Refused

FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_reactions",
    "messaging_seen",
    "messaging_referral",
    "message_edit",
)
DESCRIBED = "id,user_id,username,name"
LINKED = "id,name,instagram_business_account{id,username,name}"
LIFE = timedelta(days=60)
"""Of a long-lived token; Meta tells it only when it is refreshed."""


def look(through: Graph) -> Found:
    """The account that this token of Instagram's own login speaks for. Raises what `Graph` raises."""
    return _found(through.get("me", fields=DESCRIBED), {"login": "instagram"})


def look_by_page(through: Graph) -> Found:
    """The account linked to the page that this page token speaks for; Refused when there is none."""
    page = through.get("me", fields=LINKED)
    linked = page.get("instagram_business_account")
    if not isinstance(linked, Mapping):
        raise Refused(Fault.CONTENT, text=faults.NOT_LINKED)
    return _found(linked, {"login": "page", "page_id": said(page.get("id"))})


def check(line: Line) -> Found:
    """The connected account as Meta describes it now: the cheap call that needs a valid token."""
    if by_page(line.config):
        answer = facebook(line.token, line.graph_url).get(line.external_id, fields="id,username,name")
        return _found(answer, line.config)
    return _found(instagram(line.token, line.graph_url).get("me", fields=DESCRIBED), line.config)


def subscription(line: Line) -> Subscription:
    """Of the account itself, or of its page, whose app then hears of both."""
    if by_page(line.config):
        return Subscription(facebook(line.token, line.graph_url), sender_id(line), PAGE_FIELDS)
    return Subscription(instagram(line.token, line.graph_url), line.external_id, FIELDS)


def refresh(line: Line) -> tuple[str, timedelta]:
    """A new token and how long it lasts, for one of Instagram's own login that is at least a day old."""
    answer = instagram(line.token, line.graph_url).get("refresh_access_token", grant_type="ig_refresh_token")
    token, seconds = answer.get("access_token"), faults.whole(answer.get("expires_in"))
    if not isinstance(token, str) or not token:
        raise Refused(Fault.TRANSIENT, text="no token")
    return token, timedelta(seconds=seconds) if seconds else LIFE


def _found(account: Answer, config: Mapping[str, Any]) -> Found:
    """`user_id` is the id that deliveries name; `id` is the app's own of the same account."""
    external_id = said(account.get("user_id")) or said(account.get("id"))
    username = said(account.get("username"))
    name = f"@{username}" if username else said(account.get("name")) or external_id
    return Found(ChannelKey.INSTAGRAM, external_id, name, {**config, "username": username})
