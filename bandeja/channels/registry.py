"""The channels this install speaks, by their key."""

from __future__ import annotations

from collections.abc import Mapping

from bandeja.channels.api.channel import Api
from bandeja.channels.contract import Channel
from bandeja.channels.sending import Sender
from bandeja.channels.webchat.channel import WebChat

CHANNELS: Mapping[str, Channel] = {channel.key: channel for channel in (WebChat(), Api())}
SENDERS: dict[str, Sender] = {}
"""Channels that something is sent to; what others say is fetched by who wants it."""


def get(key: str) -> Channel:
    """The channel with this key. Raises KeyError."""
    return CHANNELS[key]


def sender(key: str) -> Sender | None:
    """How this channel sends, None where nothing is sent to it."""
    return SENDERS.get(key)
