"""The channels this install speaks, by their key."""

from __future__ import annotations

from collections.abc import Mapping

from bandeja.channels.api.channel import Api
from bandeja.channels.contract import Channel, Reader
from bandeja.channels.instagram.send import InstagramSender
from bandeja.channels.messenger.send import MessengerSender
from bandeja.channels.meta.delivery import Meta
from bandeja.channels.sending import Sender
from bandeja.channels.webchat.channel import WebChat
from bandeja.channels.whatsapp.send import WhatsAppSender

CHANNELS: Mapping[str, Channel] = {channel.key: channel for channel in (WebChat(), Api())}
SENDERS: dict[str, Sender] = {
    "whatsapp": WhatsAppSender(),
    "messenger": MessengerSender(),
    "instagram": InstagramSender(),
}
"""Channels that something is sent to; what others say is fetched by who wants it."""

READERS: Mapping[str, Reader] = {**CHANNELS, "meta": Meta()}
"""What understands deliveries: the channels, and the reader of what Meta's apps are sent."""


def reader(key: str) -> Reader:
    """What understands the deliveries stored under this key. Raises KeyError."""
    return READERS[key]


def get(key: str) -> Channel:
    """The channel with this key. Raises KeyError."""
    return CHANNELS[key]


def sender(key: str) -> Sender | None:
    """How messages leave by this channel; None where whoever is written to fetches them: web chat and the API."""
    return SENDERS.get(key)
