"""Connecting a Facebook page."""

from __future__ import annotations

from bandeja.channels.meta.found import Found, said
from bandeja.channels.meta.graph import Answer, Graph, facebook
from bandeja.channels.meta.subscription import Subscription
from bandeja.channels.models import ChannelKey
from bandeja.channels.sending import Line

FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_edits",
    "message_reactions",
    "messaging_referrals",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
)
DESCRIBED = "id,name,category"
"""People have no category: with a person's token instead of a page's, Graph refuses to answer."""


def look(through: Graph) -> Found:
    """The page that this page token speaks for. Raises what `Graph` raises."""
    return _found(through.get("me", fields=DESCRIBED))


def check(line: Line) -> Found:
    """The connected page as Meta describes it now: the cheap call that needs a valid token."""
    return _found(facebook(line.token, line.graph_url).get(line.external_id, fields=DESCRIBED))


def subscription(line: Line) -> Subscription:
    """Of the page, for everything that is said in it."""
    return Subscription(facebook(line.token, line.graph_url), line.external_id, FIELDS)


def _found(page: Answer) -> Found:
    return Found(ChannelKey.MESSENGER, said(page.get("id")), said(page.get("name")) or said(page.get("id")))
