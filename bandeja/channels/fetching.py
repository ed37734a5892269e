"""Fetching the files of messages: where a channel keeps them, for how long, and what may be in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import httpx
from django.utils.translation import gettext_noop

from bandeja.channels.sending import Line

# Told in the reader's language where the file would be.
GONE = gettext_noop("The channel no longer has this file.")
LOCKED = gettext_noop("The channel did not let us have this file. Connect the account again.")
SILENT = gettext_noop("The channel did not send this file in time.")
PAGE = gettext_noop("The channel sent a page instead of this file.")
TOO_LARGE = gettext_noop("This file is larger than this installation takes.")
ALTERED = gettext_noop("This file did not arrive as it was sent.")
PRIVATE = gettext_noop("The address of this file is not a public one.")
NOT_KEPT = gettext_noop("This file could not be stored.")
BROKEN = gettext_noop("This file could not be fetched.")

MANY = 1_000


class Trouble(Exception):
    """A file did not come. `sentence` is what agents are told, translated when shown.

    It is tried `most` times at the most, and for as long as the channel keeps the file.
    """

    def __init__(self, sentence: str, *, most: int = MANY) -> None:
        super().__init__(sentence)
        self.sentence, self.most = sentence, most


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes are. `headers` are for this address alone, never for one it redirects to.

    `brief` tells that the address dies soon: where it is gone, asking again may give a new one.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    brief: bool = False


class Fetcher(Protocol):
    """How a channel gives out the files it has told of."""

    patience: timedelta
    """How long after the message it is worth asking."""

    def locate(self, remote: str, line: Line, client: httpx.Client) -> Source:
        """Where the file `remote` is now. May ask the channel. Raises Trouble and httpx.HTTPError."""


class ByUrl:
    """Channels that tell the address itself, signed and good for some hours."""

    patience = timedelta(hours=24)

    def locate(self, remote: str, line: Line, client: httpx.Client) -> Source:
        """The address, as it was told."""
        del line, client
        return Source(remote)


def refuse(status: int) -> None:
    """Raise the Trouble that an HTTP status tells of, if it does."""
    if status in {401, 403}:
        raise Trouble(LOCKED)
    if status in {404, 410}:
        raise Trouble(GONE, most=3)
    if status in {408, 429} or status >= 500:
        raise Trouble(SILENT)
    if not 200 <= status < 300:
        raise Trouble(BROKEN, most=3)
