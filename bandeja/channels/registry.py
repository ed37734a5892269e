"""The channels this install speaks, by their key."""

from __future__ import annotations

from collections.abc import Mapping

from bandeja.channels.api.channel import Api
from bandeja.channels.contract import Channel, Reader
from bandeja.channels.webchat.channel import WebChat

CHANNELS: Mapping[str, Channel] = {channel.key: channel for channel in (WebChat(), Api())}


READERS: Mapping[str, Reader] = {**CHANNELS}
"""What understands deliveries: the channels, and the reader of what Meta's apps are sent."""


def reader(key: str) -> Reader:
    """What understands the deliveries stored under this key. Raises KeyError."""
    return READERS[key]


def get(key: str) -> Channel:
    """The channel with this key. Raises KeyError."""
    return CHANNELS[key]
