"""The channels this install speaks, by their key."""

from __future__ import annotations

from collections.abc import Mapping

from bandeja.channels.api.channel import Api
from bandeja.channels.contract import Channel
from bandeja.channels.webchat.channel import WebChat

CHANNELS: Mapping[str, Channel] = {channel.key: channel for channel in (WebChat(), Api())}


def get(key: str) -> Channel:
    """The channel with this key. Raises KeyError."""
    return CHANNELS[key]
